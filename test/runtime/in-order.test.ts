import { describe, expect, it } from 'vitest';
import { inOrder } from '../../src/runtime/in-order.js';

const numbers = [0, 1, 2, 3, 4, 5, 6];

/** Work that takes the longer the earlier its item comes, and knows how much of it is under way. */
class Work {
  readonly begun: number[] = [];
  readonly ended: number[] = [];
  most = 0;

  readonly of = async (item: number): Promise<number> => {
    this.begun.push(item);
    this.most = Math.max(this.most, this.begun.length - this.ended.length);
    await new Promise((resolve) => setTimeout(resolve, 2 * (numbers.length - item)));
    this.ended.push(item);
    if (item === 4) throw new Error('four');
    return 10 * item;
  };
}

describe('work on several items at a time', () => {
  it.each([1, 2, 3, 9])('gives results in order, with %d under way', async (width) => {
    const work = new Work();
    const results: number[] = [];
    for await (const result of inOrder(numbers.slice(0, 4), width, work.of)) results.push(result);
    expect(results).toEqual([0, 10, 20, 30]);
    expect(work.begun).toEqual([0, 1, 2, 3]);
    expect(work.most).toBe(Math.min(width, 4));
  });

  it('goes on while a result is used', async () => {
    const work = new Work();
    for await (const result of inOrder(numbers.slice(0, 3), 1, work.of)) {
      expect(work.begun).toHaveLength(Math.min(3, result / 10 + 2));
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(work.ended).toHaveLength(Math.min(3, result / 10 + 2));
    }
  });

  it('gives what came before a failure, then the failure, once all that was begun is over', async () => {
    const work = new Work();
    const results: number[] = [];
    const used = async (): Promise<void> => {
      for await (const result of inOrder(numbers, 3, work.of)) {
        results.push(result);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await expect(used()).rejects.toThrow('four');
    expect(results).toEqual([0, 10, 20, 30]);
    expect(work.ended).toHaveLength(work.begun.length);
  });

  it('ends with who uses the results', async () => {
    const work = new Work();
    for await (const result of inOrder(numbers, 2, work.of)) if (result === 10) break;
    expect(work.begun).toEqual([0, 1, 2, 3]);
    expect(work.ended).toHaveLength(4);
  });

  it('of nothing is nothing', async () => {
    const work = new Work();
    for await (const result of inOrder([], 2, work.of)) expect(result).toBeUndefined();
    expect(work.begun).toEqual([]);
  });
});
