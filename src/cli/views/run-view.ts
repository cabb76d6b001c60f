import type { ActionRecord, CandidateRecord, RoundRecord } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';
import { begunBy } from '../optimize-run/begun-by.js';
import type { Styles } from '../terminal/styles.js';
import { formatPairs } from '../terminal/table.js';
import { formatComparison, formatStages } from './architecture-view.js';
import { formatEstimate, formatFigure } from './figures.js';
import { latencyUnit } from './latency-scope.js';
import { describeLatencyReport, reportLatency, type LatencyReport } from './latency-report.js';
import { formatWarnings } from './outcome-warnings.js';
import { formatRanking } from './ranking-view.js';
import { formatActions, formatRounds } from './rounds-view.js';
import { formatRunHead } from './run-head.js';
import { summariseRun, type RunSummary } from './run-summary.js';
import { formatTrainings, reportTrainings, type TrainingReport } from './trainings-view.js';

/** Everything `show` tells of a run. */
export interface RunReport extends RunSummary, TrainingReport {
  /** Id of the optimization that began it; null of all other runs. */
  readonly partOf: string | null;
  readonly roundRecords: readonly RoundRecord[];
  readonly candidates: readonly CandidateRecord[];
  readonly actions: readonly ActionRecord[];
  readonly latency: LatencyReport;
}

/** @param round of which to report the candidates; all rounds' when undefined */
export function reportRun(store: Store, runId: string, round?: number): RunReport {
  const run = store.readRun(runId);
  return {
    ...summariseRun(store, run),
    partOf: begunBy(store, run)?.id ?? null,
    roundRecords: store.readRounds(runId),
    candidates: store.readCandidates(runId, round),
    actions: store.readActions(runId),
    latency: reportLatency(store, runId),
    ...reportTrainings(store, runId),
  };
}

/** A run for a person: what it is, its rounds, rankings, and what came of it. */
export function formatRun(report: RunReport, styles: Styles): string {
  const { original, latest, roundRecords, actions, scope } = report;
  const sections = [
    formatRunHead(report.run, report.run.updatedAtMs, furtherPairs(report), styles),
    formatSettings(report, styles),
    roundRecords.length === 0 ? '' : formatRounds(roundRecords, actions, scope, styles),
    ...rankedRounds(report).map((round) => formatRound(report, round, styles)),
    formatLatency(report, styles),
    formatTrainings(report, styles),
    formatMetrics(report, styles),
    original === null || latest === null ? '' : formatComparison(original, latest, scope, styles),
    original === null || latest === null ? '' : formatStages(original, latest, styles),
    formatWarnings(report.warnings, styles),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function furtherPairs({ budgetMs, scope, partOf }: RunReport): readonly (readonly [string, string])[] {
  return [
    ...(budgetMs === null ? [] : [['budget', `${formatFigure(budgetMs)} ${latencyUnit[scope]}`] as const]),
    ...(partOf === null ? [] : [['part of', `${partOf} (optimize)`] as const]),
  ];
}

/** Of an evaluation: a search has too many, and a file that says them. */
function formatSettings({ run }: RunReport, styles: Styles): string {
  if (run.kind !== 'evaluate') return '';
  const pairs = Object.entries(run.config as object).map(([name, value]) => [name, String(value)] as const);
  return `${styles.bold('Settings')}\n${formatPairs(pairs, '  ')}`;
}

function rankedRounds({ candidates }: RunReport): readonly number[] {
  return [...new Set(candidates.map(({ round }) => round))];
}

function formatRound({ candidates, actions, scope }: RunReport, round: number, styles: Styles): string {
  const ranking = formatRanking(
    candidates.filter((candidate) => candidate.round === round),
    scope,
    styles,
  );
  const done = formatActions(
    actions.filter((action) => action.round === round),
    styles,
  );
  return [styles.bold(`Round ${round}`), ranking, done].filter((part) => part !== '').join('\n');
}

/** How far the latencies are to be trusted. */
function formatLatency({ latency }: RunReport, styles: Styles): string {
  const lines = describeLatencyReport(latency).map((line) => `  ${line}`);
  return lines.length === 0 ? '' : [styles.bold('Latency'), ...lines].join('\n');
}

function formatMetrics({ metrics }: RunReport, styles: Styles): string {
  const pairs = Object.keys(metrics)
    .filter((name) => !/\.(?:low|high)$/.test(name))
    .map((name) => [name, formatMetric(metrics, name)] as const);
  return pairs.length === 0 ? '' : `${styles.bold('Figures')}\n${formatPairs(pairs, '  ')}`;
}

/** With its interval, where it has one. */
function formatMetric(metrics: RunReport['metrics'], name: string): string {
  const [value = 0, low, high] = [metrics[name], metrics[`${name}.low`], metrics[`${name}.high`]];
  if (low === undefined || high === undefined) return formatFigure(value);
  return formatEstimate({ value, low, high }, formatFigure);
}
