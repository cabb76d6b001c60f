import { readFileSync } from 'node:fs';

/** Memory of this process that is its alone and was written to: all but the pages of files it has mapped. */
export function privateMemoryMb(): number {
  const [, kilobytes = 'NaN'] =
    /^Private_Dirty:\s+(\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

/** Has work done in another thread and watches the memory meanwhile. Linux alone tells it. */
export async function highestPrivateMemoryMb(work: () => Promise<unknown>): Promise<number> {
  let highest = privateMemoryMb();
  const watch = setInterval(() => {
    highest = Math.max(highest, privateMemoryMb());
  }, 50);
  await work();
  clearInterval(watch);
  return highest;
}
