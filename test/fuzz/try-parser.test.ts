import fc from 'fast-check';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { fuzzed } from './fuzzed-parser.js';
import { tryParser } from './try-parser.js';

const MEGABYTE = 2 ** 20;
const scratch = join(temporaryFolder(), 'case');

setFlagsFromString('--expose-gc');
// What is collected is given back at once, however busy the machine is, and not whenever another thread gets its turn.
setFlagsFromString('--no-concurrent-array-buffer-sweeping');
const collectGarbage = runInNewContext('gc') as () => void;

/** Takes memory and gives it back before it ends. */
const holding = (megabytes: number): number => Buffer.alloc(megabytes * MEGABYTE, 1).length;
const greedy = fuzzed({
  name: 'greedy',
  inputs: fc.nat(200),
  read: (megabytes) => {
    holding(megabytes);
    collectGarbage();
  },
  memoryLimitBytes: 100 * MEGABYTE,
});

// Elsewhere the peak is that of the whole process, and smaller cases fail after a large one.
it.runIf(process.platform === 'linux')(
  'finds a case that takes too much memory though it gives it back, and the least that does',
  async () => {
    const { failures } = await tryParser(greedy, { cases: 20, seed: 1, scratch });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/took \d+ bytes, of 104857600/);
    const least = Number(/\nby (\d+)/.exec(failures[0] ?? '')?.[1]);
    expect(least).toBeGreaterThan(50);
    expect(least).toBeLessThan(110);
  },
);
