import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeFound } from '../../src/errors/describe-found.js';

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};

describe('describeFound', () => {
  it.each([
    ['a', '"a"'],
    [1.5, '1.5'],
    [NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'nothing'],
    [{ a: [1, true], b: {} }, '{"a":[1,true],"b":{}}'],
    ['say "x"\n', '"say \\"x\\"\\n"'],
  ])('tells %j as %s', (value, told) => {
    expect(describeFound(value)).toBe(told);
  });

  it('shows characters that a terminal obeys, or that turn text around, by their numbers', () => {
    expect(describeFound('a\u009b\u202eb\u001b')).toBe('"a\\u009b\\u202eb\\u001b"');
  });

  it('cuts what is deep, wide or long', () => {
    expect(describeFound(nested(200_000))).toBe('[[[[...]]]]');
    expect(describeFound(Array.from({ length: 1e6 }, () => 7))).toBe('[7,7,7,7,7,7,7,7,...]');
    expect(describeFound('x'.repeat(1e8))).toBe(`"${'x'.repeat(100)}"...`);
  });

  it('is short, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 6, withSparseArray: true }), (value) => {
        expect(describeFound(value).length).toBeLessThan(310);
      }),
    );
  });
});
