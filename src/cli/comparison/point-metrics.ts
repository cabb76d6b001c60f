import type { GuidancePoint } from '../../report/guidance-series.js';
import { estimateIn, estimateMetrics, type Metrics } from '../compose/estimate-metrics.js';

/** The last ` at guidance ` is the one that ends the model's name: none can stand in what follows it. */
const NAME = /^comparison\.(.+) at guidance (\S+)\.cmmd$/s;

const nameOf = (model: string, guidanceScale: number, figure: string): string =>
  `comparison.${model} at guidance ${guidanceScale}.${figure}`;

/** A point as metrics of a run: `comparison.student, 8 steps at guidance 7.5.clipScore`, the bounds of intervals beside it as everywhere. */
export function pointMetrics({ model, guidanceScale, clipScore, clipChange, cmmd }: GuidancePoint): Metrics {
  const named = (figure: string): string => nameOf(model, guidanceScale, figure);
  return {
    ...estimateMetrics(named('clipScore'), clipScore),
    ...(clipChange === null ? {} : estimateMetrics(named('clipChange'), clipChange)),
    [named('cmmd')]: cmmd,
  };
}

/** The points among a run's metrics, as they were stored. Those of which something is missing are none. */
export function pointsIn(metrics: Metrics): readonly GuidancePoint[] {
  return Object.keys(metrics).flatMap((name) => {
    const [, model, scale] = NAME.exec(name) ?? [];
    if (model === undefined || scale === undefined) return [];
    return pointOf(metrics, model, Number(scale)) ?? [];
  });
}

function pointOf(metrics: Metrics, model: string, guidanceScale: number): GuidancePoint | undefined {
  const named = (figure: string): string => nameOf(model, guidanceScale, figure);
  const clipScore = estimateIn(metrics, named('clipScore'));
  const clipChange = estimateIn(metrics, named('clipChange')) ?? null;
  const cmmd = metrics[named('cmmd')];
  if (clipScore === undefined || cmmd === undefined) return undefined;
  return { model, guidanceScale, clipScore, clipChange, cmmd };
}
