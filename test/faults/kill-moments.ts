import { watch } from 'node:fs';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** When to kill: after a while, or at once when so many changes of files were seen. */
export type KillMoment =
  | { readonly after: 'time'; readonly ms: number }
  | { readonly after: 'commits' | 'checkpoint writes'; readonly changes: number };

/** Any moment; or one at which the database, or a checkpoint, has just been written to, which time alone seldom hits. */
export function drawMoment(random: RandomGenerator, longestMs: number): KillMoment {
  switch (uniformInt(random, 0, 3)) {
    case 0:
      return { after: 'checkpoint writes', changes: uniformInt(random, 1, 12) };
    case 1:
      return { after: 'commits', changes: uniformInt(random, 1, 60) };
    default:
      return { after: 'time', ms: uniformInt(random, 0, longestMs) };
  }
}

/** A moment after a few writes, and so after as much work on a fast machine as on a slow one: a search has many of them. */
export function drawWrite(random: RandomGenerator): KillMoment {
  return uniformInt(random, 0, 2) === 0
    ? { after: 'checkpoint writes', changes: uniformInt(random, 1, 2) }
    : { after: 'commits', changes: uniformInt(random, 1, 60) };
}

/** Resolves when the moment has come. @param isPart whether a changed file, by its path below the folder, counts */
export async function momentIn(folder: string, moment: KillMoment, signal: AbortSignal): Promise<void> {
  if (moment.after === 'time') {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, moment.ms);
    });
    return;
  }
  const isCounted = (name: string): boolean =>
    moment.after === 'commits' ? name.endsWith('.db-wal') : name.endsWith('.safetensors');
  await new Promise<void>((resolve) => {
    let left = moment.changes;
    const watcher = watch(folder, { recursive: true, signal }, (_, name) => {
      if (name === null || !isCounted(name)) return;
      left -= 1;
      if (left > 0) return;
      watcher.close();
      resolve();
    });
    // told of the signal, or of a folder that went away: the program has ended
    watcher.on('error', resolve);
  });
}
