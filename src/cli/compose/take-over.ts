import type { RunOrigin, RunRecord } from '../../store/run-record.js';
import type { WorldChange } from './world-changes.js';
import { WorldChangedError } from './world-changed-error.js';

/**
 * @param command that goes on with the run
 * @throws SnapEvoError `RUN_WORLD_CHANGED`, unless all changes may be gone over and are to be
 */
export function requireGoingOn(
  run: RunRecord,
  changes: readonly WorldChange[],
  { force, command }: { readonly force: boolean; readonly command: string },
): void {
  const fixed = changes.filter(({ isForcible }) => !isForcible).map(({ name }) => name);
  if (fixed.length > 0) {
    const why = 'what the run has decided would not hold for what is to come.';
    throw new WorldChangedError(run, changes, `--force does not go over ${fixed.join(' and ')}: ${why}`);
  }
  if (changes.length === 0 || force) return;
  const price = 'the run keeps a record of it, and its results are of both.';
  throw new WorldChangedError(run, changes, `\`${command} --force\` goes on all the same; ${price}`);
}

/** The origin of a run that goes on in another world: what there is now, and until when it had what. */
export function takenOver(
  { inputs }: RunRecord,
  now: RunOrigin,
  changes: readonly WorldChange[],
  nowMs: number,
): RunOrigin {
  const until = new Date(nowMs).toISOString();
  const former = changes.map(
    ({ name, before }) => [`${name} until ${until}`, before ?? 'not on record'] as const,
  );
  const record: RunRecord['inputs'] = Object.fromEntries(former);
  return { ...now, inputs: { ...inputs, ...now.inputs, ...record } };
}
