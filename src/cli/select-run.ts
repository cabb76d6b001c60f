import { detailsOf, SnapEvoError } from '../errors/snapevo-error.js';
import type { RunKind, RunRecord, RunStatus } from '../store/run-record.js';
import type { Store } from '../store/store.js';

/** Which runs will do. */
export interface Wanted {
  readonly kinds?: readonly RunKind[];
  readonly statuses?: readonly RunStatus[];
  /** Of several that will do where none is named, the newest for which this is true, if it is of any. */
  readonly prefers?: (run: RunRecord) => boolean;
}

/** What is left of a run whose record isn't as it was written. */
interface DamagedRun {
  readonly id: string;
  readonly error: SnapEvoError;
}

/**
 * The run of an id, or of the beginning or end of one; without either, the newest that will do.
 * @param unknown what is thrown where no run is meant
 * @throws SnapEvoError `RUN_UNKNOWN`, `RUN_AMBIGUOUS`, `RUN_UNFIT` or `RUN_NONE`; `STORE_RUN_LOCKED` of a run that would do, did nobody work on it; `STORE_DAMAGED` where the
 * record of the run that is meant isn't as it was written, or of any run where none is named: it may be the newest
 */
export function selectRun(
  store: Store,
  given: string | undefined,
  wanted: Wanted = {},
  unknown: (given: string) => SnapEvoError = unknownRun,
): RunRecord {
  const damaged: DamagedRun[] = [];
  const runs = store.listRuns({}, (id, error) => damaged.push({ id, error }));
  const run =
    given === undefined
      ? (newestOf(runs, damaged, wanted) ?? refuse(noRun(wanted)))
      : (findRun(runs, damaged, given) ?? refuse(unknown(given)));
  if (fits(run, wanted)) return run;
  return isHeldFrom(run, wanted) ? freed(store, run) : refuse(unfit(run, wanted));
}

/** What is thrown where nothing has been run yet. */
export function noRun(wanted: Wanted = {}, results?: string): SnapEvoError {
  return new SnapEvoError({
    code: 'RUN_NONE',
    message: `expected ${describeWanted(wanted)}, found none`,
    ...(results === undefined ? {} : { where: results }),
    hint: 'Start one with `npx snapevo search configs/emoji.yaml`, or name the folder of earlier ones with --results.',
  });
}

function findRun(
  runs: readonly RunRecord[],
  damaged: readonly DamagedRun[],
  given: string,
): RunRecord | undefined {
  const exact = runs.find(({ id }) => id === given);
  if (exact !== undefined) return exact;
  const isMeant = ({ id }: { readonly id: string }): boolean =>
    id.startsWith(given) || id.endsWith(`-${given}`);
  const lost = damaged.find(isMeant);
  if (lost !== undefined) return refuse(lost.error);
  const [first, second] = runs.filter(isMeant);
  if (first === undefined || second === undefined) return first;
  return refuse(ambiguous(given, first, second));
}

/** Where none will do, a run that is being worked on is the one that was meant. */
function newestOf(
  runs: readonly RunRecord[],
  [damaged]: readonly DamagedRun[],
  wanted: Wanted,
): RunRecord | undefined {
  if (damaged !== undefined) return refuse(maybeMeant(damaged.error));
  const fit = runs.filter((run) => fits(run, wanted));
  const preferred = fit.find((run) => wanted.prefers?.(run) ?? true);
  return preferred ?? fit[0] ?? runs.find((run) => isHeldFrom(run, wanted));
}

/** The damage of a run of which nobody knows whether it is the newest that will do. */
function maybeMeant(error: SnapEvoError): SnapEvoError {
  const hint = `Name the run that you mean: all others can still be worked with, \`snapevo list\` shows them. ${error.hint ?? ''}`;
  return new SnapEvoError({ ...detailsOf(error), hint: hint.trim(), cause: error });
}

function isHeldFrom(run: RunRecord, wanted: Wanted): boolean {
  return run.status === 'running' && fits({ ...run, status: 'interrupted' }, wanted);
}

/** Its lock throws, saying who holds it, unless they have gone since the run was read. */
function freed(store: Store, { id }: RunRecord): RunRecord {
  store.lockRun(id);
  store.endRun(id, 'interrupted');
  return store.readRun(id);
}

function fits({ kind, status }: RunRecord, { kinds, statuses }: Wanted): boolean {
  return kinds?.includes(kind) !== false && statuses?.includes(status) !== false;
}

function describeWanted({ kinds, statuses }: Wanted): string {
  const words = [
    'a run',
    kinds && `of kind ${kinds.join(' or ')}`,
    statuses && `that is ${statuses.join(' or ')}`,
  ];
  return words.filter((word) => word !== undefined).join(' ');
}

function refuse(error: SnapEvoError): never {
  throw error;
}

function unknownRun(given: string): SnapEvoError {
  return new SnapEvoError({
    code: 'RUN_UNKNOWN',
    message: `expected the id of a run, or the beginning or end of one, found "${given}"`,
    hint: '`snapevo list` shows the runs.',
  });
}

function ambiguous(given: string, first: RunRecord, second: RunRecord): SnapEvoError {
  return new SnapEvoError({
    code: 'RUN_AMBIGUOUS',
    message: `expected the beginning or end of one run's id, found "${given}", which is that of ${first.id} and ${second.id}`,
    hint: 'Write more of the id.',
  });
}

function unfit(run: RunRecord, wanted: Wanted): SnapEvoError {
  return new SnapEvoError({
    code: 'RUN_UNFIT',
    message: `expected ${describeWanted(wanted)}, found one of kind ${run.kind} that is ${run.status}`,
    where: run.id,
    hint: '`snapevo list` shows the runs, what they are and how they stand.',
  });
}
