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

it('leaves out where files lay, however deep, and whatever the field is called', () => {
  const text = `{"text_config": {"_name_or_path": "x", "b": 2}, "vocab_file": "/home/me/vocab.json", "cache_dir": "C:\\\\me",
    "home": "~/models/x", "list": ["/home/me/a", "b"], "url": "file:///etc", "kept": "/", "also": "a/b", "token": "</w>"}`;
  expect(JSON.parse(publicJson(text))).toEqual({
    ...{ text_config: { b: 2 }, list: ['b'], kept: '/', also: 'a/b', token: '</w>' },
  });
});

it('keeps a text of 20 MB and a number of as many digits', () => {
  const long = '\\"'.repeat(1e7);
  expect(publicJson(`{"a":"${long}"}`)).toBe(`{\n  "a": "${long}"\n}\n`);
  expect(publicJson(`{"a":0.${'1'.repeat(2e7)}}`)).toHaveLength(2e7 + 14);
});

it.each(['', '[]', 'null', '{"a":1e}', '{"a":1.}', `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`])(
  'refuses %.20s in words',
  (text) => {
    expect(() => publicJson(text)).toThrow(/JSON/);
  },
);

it('lets no text pass for a number', () => {
  expect(JSON.parse(publicJson('{"a": "\\u0000-", "b": "\\u00001.5e"}'))).toEqual({
    a: '\0-',
    b: '\x001.5e',
  });
});
