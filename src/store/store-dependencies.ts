import { SnapEvoError } from '../errors/snapevo-error.js';
import { formatRunId } from './run-id.js';

/** What a store takes from outside, so that tests decide it. */
export interface StoreDependencies {
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: () => number;
  /** Any integer in [0, 65535]; need not be reproducible, only varied. */
  readonly drawSuffix: () => number;
  /** What this process was started to do, e.g. `snapevo resume 3f2a`, to tell who holds a run. */
  readonly command?: string;
}

const MAX_DRAWS = 64;

/** Draws ids until one is free. */
export function chooseRunId(
  name: string,
  createdAtMs: number,
  { drawSuffix }: StoreDependencies,
  isTaken: (id: string) => boolean,
): string {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const id = formatRunId(createdAtMs, name, drawSuffix());
    if (!isTaken(id)) return id;
  }
  throw new SnapEvoError({
    code: 'STORE_RUN_ID_EXHAUSTED',
    message: `expected a free id for a run named ${name}, found ${MAX_DRAWS} drawn ids all taken`,
    hint: 'Start the run again in the next minute, or under another name.',
  });
}
