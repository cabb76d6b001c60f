import { join } from 'node:path';
import { z } from 'zod';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { Comparison } from '../comparison/compare-models.js';
import { pointsIn } from '../comparison/point-metrics.js';
import { readComparison } from '../comparison/read-comparison.js';
import type { Metrics } from '../compose/estimate-metrics.js';
import { decoderIn, type StoredDecoderReport } from '../optimize-run/decoder-metrics.js';
import { comparisonFolder, stageFolder } from '../optimize-run/optimization.js';
import { findOptimizationState } from '../optimize-run/optimization-state.js';
import { stageStandings, type StageStanding } from '../optimize-run/stage-standings.js';
import { reportComparison, type ComparisonReport } from './comparison-report.js';
import { headlineOf, type OptimizationHeadline } from './optimization-headline.js';
import { warnOfPictures, type OutcomeWarning } from './outcome-warnings.js';
import { summariseRun } from './run-summary.js';
import { reportTrainings, type TrainingReport } from './trainings-view.js';

/** What a list tells of an optimization. */
export interface OptimizationSummary {
  readonly stages: readonly StageStanding[];
  /** Id of the search that evolves its UNet; null before there is one, and where none does. */
  readonly search: string | null;
  /** When it or its search stored something last, in milliseconds since the Unix epoch. */
  readonly lastHeardMs: number;
  /** Null before the comparison is done. */
  readonly headline: OptimizationHeadline | null;
}

/** Everything `show` tells of an optimization. */
export interface OptimizationReport extends OptimizationSummary, TrainingReport {
  readonly run: RunRecord;
  /** Folder of the pipeline that it came to; null before it is whole. */
  readonly model: string | null;
  /** Folder of the figures, the curves over the guidance scale and the contact sheet; null before they are whole. */
  readonly comparisonFolder: string | null;
  readonly decoder: StoredDecoderReport | null;
  /** Of an unfinished one, the points there are. */
  readonly comparison: ComparisonReport | null;
  readonly metrics: Metrics;
  /** Also of its search. */
  readonly warnings: readonly OutcomeWarning[];
}

/** @param results the folder of the runs */
export function summariseOptimization(store: Store, run: RunRecord, results: string): OptimizationSummary {
  const { search, stages } = standingOf(store, run);
  const lastHeardMs = lastHeardOf([run, ...searchesOf(store, search)]);
  return { search, stages, lastHeardMs, headline: headlineIn(run, comparedBy(store, run, results)) };
}

/** @param results the folder of the runs */
export function reportOptimization(store: Store, run: RunRecord, results: string): OptimizationReport {
  const metrics = store.readMetrics(run.id);
  const compared = comparedBy(store, run, results);
  const { search, stages } = standingOf(store, run);
  const isCompared = stages.some(({ stage, state }) => stage === 'compare' && state === 'done');
  const searches = searchesOf(store, search);
  const headline = headlineIn(run, compared);
  const located = { run, config: { results } };
  return {
    ...{ run, stages, search, metrics },
    lastHeardMs: lastHeardOf([run, ...searches]),
    model: run.status === 'finished' ? stageFolder(located, 'model') : null,
    comparisonFolder: isCompared ? comparisonFolder(located) : null,
    headline,
    decoder: decoderIn(metrics) ?? null,
    comparison: compared === undefined ? null : reportComparison(compared),
    ...reportTrainings(store, run.id),
    warnings: [
      ...searches.flatMap((each) => summariseRun(store, each).warnings),
      ...warnOfPictures(headline),
    ],
  };
}

const lastHeardOf = (runs: readonly RunRecord[]): number =>
  Math.max(...runs.map(({ updatedAtMs }) => updatedAtMs));

/** The search of an id, or none where its record can't be read: that is no hindrance to telling of the whole. */
function searchesOf(store: Store, search: string | null): readonly RunRecord[] {
  return store.listRuns({ kind: 'search' }, () => undefined).filter(({ id }) => id === search);
}

function standingOf(store: Store, run: RunRecord): Pick<OptimizationSummary, 'stages' | 'search'> {
  const search = findOptimizationState(store, run.id)?.search ?? null;
  return { search, stages: stageStandings(run, store.readEvents(run.id)) };
}

/** Of costs there are all or, before the comparison is done, none. */
function comparedBy(
  store: Store,
  run: RunRecord,
  results: string,
): Pick<Comparison, 'costs' | 'points'> | undefined {
  const whole = readComparison(join(comparisonFolder({ run, config: { results } }), 'comparison.json'));
  if (whole !== undefined) return whole;
  const points = pointsIn(store.readMetrics(run.id)).toSorted(
    (one, other) => one.guidanceScale - other.guidanceScale,
  );
  return points.length === 0 ? undefined : { costs: [], points };
}

const guided = z.object({ evaluation: z.object({ guidanceScale: z.number() }) });

function headlineIn(
  { config }: RunRecord,
  compared: ReturnType<typeof comparedBy>,
): OptimizationHeadline | null {
  const guidanceScale = guided.safeParse(config).data?.evaluation.guidanceScale ?? 0;
  return compared === undefined ? null : (headlineOf(compared, guidanceScale) ?? null);
}
