import { expect, it } from 'vitest';
import { publicJson } from '../../src/export/public-json.js';

it('keeps floats floats, since Python tells 1.0 from 1', () => {
  const text = '{"a": 1.0, "b": 1, "c": 1e-05, "d": [2.50, -3.0E+2], "e": "1.0 \\" 2.0"}';
  expect(publicJson(text, { f: 3 })).toBe(
    '{\n  "a": 1.0,\n  "b": 1,\n  "c": 1e-05,\n  "d": [\n    2.50,\n    -3.0E+2\n  ],\n  "e": "1.0 \\" 2.0",\n  "f": 3\n}\n',
  );
});

it('leaves out where files lay', () => {
  expect(publicJson('{"_name_or_path": "/home/me", "name_or_path": "/x", "a": 1}')).toBe('{\n  "a": 1\n}\n');
});
