import fc from 'fast-check';
import { expect, it } from 'vitest';
import { portions } from '../../src/data/portions.js';

it('portions hold all items in order, as many each as fit', () => {
  const sizes = fc.array(fc.nat(20), { maxLength: 30 });
  fc.assert(
    fc.property(sizes, fc.nat(25), (items, most) => {
      const parts = portions(items, (size) => size, most);
      const sum = (part: readonly number[]): number => part.reduce((total, size) => total + size, 0);
      expect(parts.flat()).toEqual(items);
      for (const [index, part] of parts.entries()) {
        expect(part.length === 1 || sum(part) <= most).toBe(true);
        const next = parts[index + 1];
        if (next !== undefined) expect(sum(part) + (next[0] ?? 0)).toBeGreaterThan(most);
      }
    }),
  );
});
