import { describe, expect, it } from 'vitest';
import { findDuplicateKey } from '../../src/onnx/safetensors-duplicate-key.js';

describe('a key twice in JSON', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"a":{"b":[{"c":1,"c":2}]}}', 'c'],
    ['{"a":{"b":1},"c":{"b":1}}', undefined],
    ['[{"a":1},{"a":1}]', undefined],
    ['{"a":"{\\"b\\":1,\\"b\\":2}","c":"a"}', undefined],
    ['{"\\"":1,"b":"\\\\","\\u0022":2}', '"'],
    ['{ "a" : 1 , "b" : "a" , "a" : 2 }', 'a'],
  ])('%s', (json, key) => {
    expect(findDuplicateKey(json)).toBe(key);
  });

  it.each(['x', '\n'])('is looked for beyond a string of any length: %j', (letter) => {
    const text = JSON.stringify(letter.repeat(1.2e7));
    expect(findDuplicateKey(`{"a":${text},"a":1}`)).toBe('a');
  });
});
