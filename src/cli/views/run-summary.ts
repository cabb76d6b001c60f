import type { LatencyScope } from '../../config/search-config.js';
import type { ArchitectureRecord, RoundRecord } from '../../store/search-records.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import { latencyScope } from './latency-scope.js';
import { warnOfBudget, type OutcomeWarning } from './outcome-warnings.js';

/** A run in a few figures. */
export interface RunSummary {
  readonly run: RunRecord;
  /** Rounds begun. */
  readonly rounds: number;
  readonly budgetMs: number | null;
  /** What the budget and all latencies are of. */
  readonly scope: LatencyScope;
  readonly original: ArchitectureRecord | null;
  /** The final architecture, or as long as there is none, that of the newest round. */
  readonly latest: ArchitectureRecord | null;
  /** What an evaluation found. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly warnings: readonly OutcomeWarning[];
}

export function summariseRun(store: Store, run: RunRecord): RunSummary {
  const architectures = store.readArchitectures(run.id);
  const rounds = store.readRounds(run.id);
  const latest = latestOf(architectures, rounds);
  const budgetMs = rounds.at(-1)?.budgetMs ?? null;
  const scope = latencyScope(run);
  return {
    ...{ run, rounds: rounds.length, budgetMs, scope, latest },
    original: architectures.find(({ role }) => role === 'original') ?? null,
    metrics: store.readMetrics(run.id),
    warnings: warnOfBudget({ budgetMs, latest, scope }),
  };
}

function latestOf(
  architectures: readonly ArchitectureRecord[],
  rounds: readonly RoundRecord[],
): ArchitectureRecord | null {
  const final = architectures.findLast(({ role }) => role === 'final');
  const newestHash = rounds.at(-1)?.architectureHash;
  const current = architectures.findLast(({ role, hash }) => role === 'current' && hash === newestHash);
  return final ?? current ?? architectures.findLast(({ role }) => role === 'current') ?? null;
}
