import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/runtime/turns.js';

describe('turns', () => {
  it.each([1, 2, 3])('are taken %d at a time, in order', async (width) => {
    const turns = new Turns(width);
    const begun: number[] = [];
    let [underWay, most] = [0, 0];
    const work = (index: number) => async (): Promise<number> => {
      begun.push(index);
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 5));
      underWay -= 1;
      return index;
    };
    const numbers = [0, 1, 2, 3, 4, 5, 6];
    expect(await Promise.all(numbers.map((index) => turns.take(work(index))))).toEqual(numbers);
    expect(begun).toEqual(numbers);
    expect(most).toBe(width);
  });

  it('are taken one at a time, in the order in which they are asked for, also after one that failed', async () => {
    const turns = new Turns();
    const told: string[] = [];
    const work = (name: string, ms: number) => async (): Promise<string> => {
      told.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      told.push(`${name} ends`);
      if (name === 'two') throw new Error('two');
      return name;
    };
    const asked = [turns.take(work('one', 20)), turns.take(work('two', 1)), turns.take(work('three', 5))];
    const ended = await Promise.allSettled(asked);
    expect(ended.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))).toEqual([
      ...['one', 'Error: two', 'three'],
    ]);
    expect(told).toEqual(['one', 'two', 'three'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });
});
