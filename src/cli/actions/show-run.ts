import { resolve } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { readStore } from '../compose/open-store.js';
import { noRun, selectRun } from '../select-run.js';
import { formatRun, reportRun, type RunReport } from '../views/run-view.js';

export interface ShowOptions {
  readonly results: string;
  readonly json: boolean;
  readonly all: boolean;
  readonly round?: number;
}

/** Prints a run, with the ranking of one round or all. */
export function showRun(
  given: string | undefined,
  options: ShowOptions,
  { terminal, currentFolder, nowMs }: CliContext,
): void {
  const results = resolve(currentFolder, options.results);
  const report = readStore(
    results,
    nowMs,
    (store) => readReport(store, given, options),
    () => {
      throw noRun({}, results);
    },
  );
  if (options.json) terminal.printJson(report);
  else terminal.print(formatRun(report, terminal.styles));
}

function readReport(store: Store, given: string | undefined, { all, round }: ShowOptions): RunReport {
  const { id } = selectRun(store, given);
  const last = store.readCandidates(id).at(-1)?.round ?? 0;
  if (round !== undefined && round > last) throw unknownRound(id, round, last);
  return reportRun(store, id, all ? undefined : (round ?? last));
}

function unknownRound(runId: string, round: number, last: number): SnapEvoError {
  return new SnapEvoError({
    code: 'ROUND_UNKNOWN',
    message: `expected a round with a ranking, 1 to ${last}, found ${round}`,
    where: runId,
    hint:
      last === 0 ? 'No round of this run has ranked its candidates yet.' : 'Leave --round out for the last.',
  });
}
