import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** What a power cut, a bad disk or another program leaves of a file. */
export const tears = ['bit flipped', 'cut short', 'page overwritten'] as const;
export type Tear = (typeof tears)[number];

/** Whether an outcome is that something was lost: what was read is not what was written, or nothing tells what to do. */
export const isLost = (outcome: string): boolean => outcome === 'wrong' || outcome === 'unclear error';

const PAGE_BYTES = 4096;

/** Damages a file that is not empty. */
export function tearFile(path: string, tear: Tear, random: RandomGenerator): void {
  const bytes = readFileSync(path);
  const at = uniformInt(random, 0, bytes.length - 1);
  switch (tear) {
    case 'bit flipped':
      bytes[at] = (bytes[at] ?? 0) ^ (1 << uniformInt(random, 0, 7));
      writeFileSync(path, bytes);
      return;
    case 'cut short':
      truncateSync(path, at);
      return;
    case 'page overwritten': {
      const start = at - (at % PAGE_BYTES);
      for (let i = start; i < Math.min(start + PAGE_BYTES, bytes.length); i++)
        bytes[i] = uniformInt(random, 0, 255);
      writeFileSync(path, bytes);
    }
  }
}

/** A database as it lies on the disk: the file and, where there is one, its write-ahead log. */
export function copyDatabase(from: string, to: string): void {
  copyFileSync(from, to);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}
