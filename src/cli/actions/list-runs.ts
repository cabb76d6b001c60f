import { resolve } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { databasePath, readStore } from '../compose/open-store.js';
import { optimizationsBySearch } from '../optimize-run/begun-by.js';
import { summariseOptimization } from '../views/optimization-report.js';
import { formatRunList, type ListedRun } from '../views/run-list-view.js';
import { summariseRun } from '../views/run-summary.js';

export interface ListOptions {
  readonly results: string;
  readonly json: boolean;
}

/** Errors of runs, of which something isn't as it was written, by their ids. */
type Damage = Map<string, SnapEvoError>;

/**
 * Prints the runs of a results folder, newest first.
 * @throws SnapEvoError `STORE_DAMAGED`, after all other runs are shown
 */
export function listRuns(options: ListOptions, { terminal, currentFolder, nowMs }: CliContext): void {
  const damage: Damage = new Map();
  const results = resolve(currentFolder, options.results);
  const summaries = readStore<readonly ListedRun[]>(
    results,
    nowMs,
    (store) => summariseRuns(store, results, damage),
    () => [],
  );
  if (options.json) terminal.printJson(summaries);
  else if (summaries.length > 0) terminal.print(formatRunList(summaries, terminal.styles));
  else if (damage.size === 0) terminal.note(`No runs in ${options.results} yet.`);
  requireWhole(damage, databasePath(results));
}

function summariseRuns(store: Store, results: string, damage: Damage): readonly ListedRun[] {
  const runs = store.listRuns({}, (id, error) => damage.set(id, error));
  const optimizations = optimizationsBySearch(store);
  return runs.flatMap(
    (run) =>
      unlessDamaged(run, damage, () => ({
        ...summariseRun(store, run),
        partOf: optimizations.get(run.id)?.id ?? null,
        optimization: run.kind === 'optimize' ? summariseOptimization(store, run, results) : null,
      })) ?? [],
  );
}

function unlessDamaged<T>({ id }: RunRecord, damage: Damage, summarise: () => T): T | undefined {
  try {
    return summarise();
  } catch (error) {
    if (!(error instanceof SnapEvoError && error.code === 'STORE_DAMAGED')) throw error;
    damage.set(id, error);
    return undefined;
  }
}

function requireWhole(damage: Damage, where: string): void {
  const [first] = damage.values();
  if (first === undefined) return;
  const lines = [...damage].map(([id, { message }]) => `  ${id}: ${message}`);
  throw new SnapEvoError({
    code: 'STORE_DAMAGED',
    message: `expected every run as it was stored, found ${damage.size} changed since, not shown:\n${lines.join('\n')}`,
    where,
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    fault: 'machine',
    cause: first,
  });
}
