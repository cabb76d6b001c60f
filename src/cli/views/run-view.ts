import type { ActionRecord, CandidateRecord, RoundRecord } from '../../store/search-records.js';
import type { Store } from '../../store/store.js';
import type { CheckpointRecord, TrainingLoss } from '../../store/training-records.js';
import { MODEL_FILE } from '../optimize-run/stage-folders.js';
import { formatDuration, formatTime } from '../terminal/duration.js';
import type { Styles } from '../terminal/styles.js';
import { formatPairs, formatTable } from '../terminal/table.js';
import { formatComparison, formatStages } from './architecture-view.js';
import { formatEstimate, formatFigure, shortInput } from './figures.js';
import { latencyUnit } from './latency-scope.js';
import { describeLatencyReport, reportLatency, type LatencyReport } from './latency-report.js';
import { formatRanking } from './ranking-view.js';
import { formatActions, formatRounds } from './rounds-view.js';
import { summariseRun, type RunSummary } from './run-summary.js';

/** Everything `show` tells of a run. */
export interface RunReport extends RunSummary {
  readonly roundRecords: readonly RoundRecord[];
  readonly candidates: readonly CandidateRecord[];
  readonly actions: readonly ActionRecord[];
  readonly latency: LatencyReport;
  /** The newest loss of each training. */
  readonly lastLosses: readonly TrainingLoss[];
  /** Files of its folder that the run goes on from, and of an optimization those of the models that it made. */
  readonly checkpoints: readonly CheckpointRecord[];
}

/** @param round of which to report the candidates; all rounds' when undefined */
export function reportRun(store: Store, runId: string, round?: number): RunReport {
  const losses = store.readLosses(runId);
  return {
    ...summariseRun(store, store.readRun(runId)),
    roundRecords: store.readRounds(runId),
    candidates: store.readCandidates(runId, round),
    actions: store.readActions(runId),
    latency: reportLatency(store, runId),
    lastLosses: [...new Map(losses.map((loss) => [loss.phase, loss])).values()],
    checkpoints: store.readCheckpoints(runId),
  };
}

/** A run for a person: what it is, its rounds, rankings, and what came of it. */
export function formatRun(report: RunReport, styles: Styles): string {
  const { original, latest, roundRecords, actions, scope } = report;
  const sections = [
    formatHead(report, styles),
    formatSettings(report, styles),
    roundRecords.length === 0 ? '' : formatRounds(roundRecords, actions, scope, styles),
    ...rankedRounds(report).map((round) => formatRound(report, round, styles)),
    formatLatency(report, styles),
    formatTraining(report, styles),
    formatCheckpoints(report, styles),
    formatMetrics(report, styles),
    original === null || latest === null ? '' : formatComparison(original, latest, scope, styles),
    original === null || latest === null ? '' : formatStages(original, latest, styles),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function formatHead({ run, budgetMs, scope }: RunReport, styles: Styles): string {
  const span = formatDuration(run.updatedAtMs - run.createdAtMs);
  const note = run.statusNote === '' ? '' : `: ${run.statusNote}`;
  const pairs: (readonly [string, string])[] = [
    ['status', `${run.status}${note}`],
    ['started', `${formatTime(run.createdAtMs)}, last heard of ${span} later`],
    ['device', run.deviceFingerprint],
    ...Object.entries(run.inputs).map(([name, input]) => [name, shortInput(input)] as const),
  ];
  if (budgetMs !== null) pairs.push(['budget', `${formatFigure(budgetMs)} ${latencyUnit[scope]}`]);
  return `${styles.bold(run.id)} (${run.kind})\n${formatPairs(pairs, '  ')}`;
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

function formatTraining({ lastLosses }: RunReport, styles: Styles): string {
  if (lastLosses.length === 0) return '';
  return formatTable<TrainingLoss>(
    [
      { heading: 'training', cell: ({ phase }) => phase },
      { heading: 'steps', cell: ({ step }) => String(step), align: 'right' },
      { heading: 'last loss', cell: ({ loss }) => formatFigure(loss), align: 'right' },
    ],
    lastLosses,
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}

function formatCheckpoints(report: RunReport, styles: Styles): string {
  const checkpoints = report.checkpoints.filter(({ kind }) => kind !== MODEL_FILE);
  if (checkpoints.length === 0) return '';
  return formatTable<CheckpointRecord>(
    [
      { heading: 'checkpoint', cell: ({ file }) => file },
      { heading: 'steps', cell: ({ step }) => String(step), align: 'right' },
      { heading: 'MB', cell: ({ sizeBytes }) => formatFigure(sizeBytes / 1e6), align: 'right' },
    ],
    checkpoints,
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
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
