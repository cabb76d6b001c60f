import { resolve } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { readStore } from '../compose/open-store.js';
import { begunBy } from '../optimize-run/begun-by.js';
import { noRun, selectRun } from '../select-run.js';
import type { Styles } from '../terminal/styles.js';
import { reportOptimization, type OptimizationReport } from '../views/optimization-report.js';
import { formatOptimization } from '../views/optimization-view.js';
import { formatRun, reportRun, type RunReport } from '../views/run-view.js';

export interface ShowOptions {
  readonly results: string;
  readonly json: boolean;
  readonly all: boolean;
  readonly round?: number;
}

/** Prints a run, of a search with the ranking of one round or all. Unnamed, a search that an optimization began is shown as a part of that. */
export function showRun(
  given: string | undefined,
  options: ShowOptions,
  { terminal, currentFolder, nowMs }: CliContext,
): void {
  const results = resolve(currentFolder, options.results);
  const { report, format } = readStore(
    results,
    nowMs,
    (store) => {
      const run = selectRun(store, given);
      const told = given === undefined ? (begunBy(store, run) ?? run) : run;
      return told.kind === 'optimize'
        ? describeOptimization(store, told, { ...options, results }, currentFolder)
        : describeRun(store, told.id, options);
    },
    () => {
      throw noRun({}, results);
    },
  );
  if (options.json) terminal.printJson(report);
  else terminal.print(format(terminal.styles));
}

/** What there is to tell, for programs, and how people are told. */
interface Description {
  readonly report: RunReport | OptimizationReport;
  readonly format: (styles: Styles) => string;
}

function describeRun(store: Store, id: string, { all, round }: ShowOptions): Description {
  const last = store.readCandidates(id).at(-1)?.round ?? 0;
  if (round !== undefined && round > last) throw unknownRound(id, round, last);
  const report = reportRun(store, id, all ? undefined : (round ?? last));
  return { report, format: (styles) => formatRun(report, styles) };
}

function describeOptimization(
  store: Store,
  run: RunRecord,
  { round, results }: ShowOptions,
  currentFolder: string,
): Description {
  const report = reportOptimization(store, run, results);
  if (round !== undefined) throw withoutRounds(report);
  return { report, format: (styles) => formatOptimization(report, currentFolder, styles) };
}

function withoutRounds({ run, search }: OptimizationReport): SnapEvoError {
  return new SnapEvoError({
    code: 'ROUND_UNKNOWN',
    message: 'expected a run that goes in rounds, found an optimization',
    where: run.id,
    hint: search === null ? 'Leave --round out.' : `Its search does: name ${search}.`,
  });
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
