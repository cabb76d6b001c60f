import type { ChartConfiguration, ChartDataset } from 'chart.js';
import { axis, legend, titles } from './chart-style.js';
import { errorBarsPlugin, type ErrorBarSet } from './error-bars.js';
import { budgetPlugin, labelsPlugin } from './frontier-annotations.js';
import type { FrontierPoint, FrontierSeries, TableErrorNote } from './frontier-series.js';
import { formatClip, formatMs, formatSignificant } from './number-format.js';
import { scoreRange, type ScoreRange } from './score-range.js';
import { mutedInk, okabeIto, paper, withOpacity } from './palette.js';

type Dataset = ChartDataset<'scatter'>;

const toXY = ({ latencyMs, clipScore }: FrontierPoint): { x: number; y: number } => ({
  x: latencyMs.value,
  y: clipScore.value,
});

function markers(label: string, points: readonly FrontierPoint[], style: Partial<Dataset>): Dataset {
  return { label, data: points.map(toXY), ...style };
}

function candidateDatasets(points: readonly FrontierPoint[], range: ScoreRange): readonly Dataset[] {
  const candidates = points.filter((point) => point.role === 'candidate' && !range.below.includes(point));
  const color = withOpacity(okabeIto.skyBlue, 0.8);
  const shared = { order: 3, pointRadius: 4, borderColor: color, pointBorderWidth: 1.5 };
  const predicted = candidates.filter(({ isPredicted }) => isPredicted);
  const measured = candidates.filter(({ isPredicted }) => !isPredicted);
  const atEdge = range.below.map(({ latencyMs }) => ({ x: latencyMs.value, y: range.min }));
  return [
    markers('Candidate, latency predicted', predicted, { ...shared, backgroundColor: paper }),
    markers('Candidate, latency measured', measured, { ...shared, backgroundColor: color }),
    {
      ...shared,
      label: edgeLabel(range),
      data: atEdge,
      pointStyle: 'triangle',
      pointRotation: 180,
      backgroundColor: color,
      clip: false,
    },
  ];
}

function edgeLabel({ below }: ScoreRange): string {
  const worst = below.reduce((least, { clipScore }) => Math.min(least, clipScore.value), Infinity);
  return `Candidate below the axis, down to ${Number.isFinite(worst) ? formatSignificant(worst, 2) : ''}`;
}

/** Goes on to the right of its last point: more time buys nothing more. */
function frontDataset(front: readonly FrontierPoint[], greatestLatencyMs: number): Dataset {
  const last = front.at(-1);
  const end = last === undefined ? [] : [{ x: greatestLatencyMs, y: last.clipScore.value }];
  return {
    label: 'Pareto front, measured',
    data: [...front.map(toXY), ...end],
    showLine: true,
    stepped: 'before',
    order: 2,
    pointRadius: 0,
    pointStyle: 'line',
    borderColor: okabeIto.orange,
    backgroundColor: okabeIto.orange,
    borderWidth: 2.5,
  };
}

function pathDatasets({ path, original, final }: FrontierSeries): readonly Dataset[] {
  const line = { showLine: true, borderWidth: 2, borderColor: okabeIto.blue, backgroundColor: okabeIto.blue };
  const isCurrent = (point: FrontierPoint): boolean => point.role === 'current';
  const outlined = { order: 0, pointBorderColor: paper, pointBorderWidth: 2 };
  return [
    markers('Search path, by round', path, {
      ...line,
      order: 1,
      pointRadius: path.map((point) => (isCurrent(point) ? 11 : 0)),
    }),
    markers('Original', original === null ? [] : [original], {
      ...outlined,
      pointStyle: 'rectRot',
      pointRadius: 12,
      backgroundColor: okabeIto.black,
    }),
    markers('Final', final === null ? [] : [final], {
      ...outlined,
      pointStyle: 'triangle',
      pointRadius: 13,
      backgroundColor: okabeIto.vermilion,
    }),
  ];
}

function errorBarSets({ points, path }: FrontierSeries): readonly ErrorBarSet[] {
  const toEstimates = ({ latencyMs, clipScore }: FrontierPoint) => ({ x: latencyMs, y: clipScore });
  const candidates = points.filter(({ role }) => role === 'candidate').map(toEstimates);
  return [
    { points: candidates, color: withOpacity(okabeIto.skyBlue, 0.3), lineWidth: 1, capPx: 0 },
    { points: path.map(toEstimates), color: mutedInk, lineWidth: 1.5, capPx: 5 },
  ];
}

/** From the least to the greatest of what is drawn, and a margin on both sides. */
function paddedRange(values: readonly number[], marginShare: number): { min: number; max: number } | object {
  if (values.length === 0) return {};
  const least = values.reduce((a, b) => Math.min(a, b));
  const greatest = values.reduce((a, b) => Math.max(a, b));
  const margin = (greatest - least || Math.abs(greatest) || 1) * marginShare;
  return { min: least - margin, max: greatest + margin };
}

function headline({ runName, original, final, path }: FrontierSeries): string {
  const last = final ?? path.at(-1) ?? null;
  if (original === null || last === null || last === original)
    return `${runName}: latency against CLIP score`;
  const latency = `${formatMs(original.latencyMs.value)} to ${formatMs(last.latencyMs.value)}`;
  return `${runName}: ${latency}, CLIP ${formatClip(original.clipScore.value)} to ${formatClip(last.clipScore.value)}`;
}

function subline({
  runId,
  deviceFingerprint,
  points,
  omittedCount,
  tableError,
}: FrontierSeries): readonly string[] {
  const omitted = omittedCount === 0 ? '' : `, ${omittedCount} more without a score yet`;
  const run = `run ${runId} \u00b7 ${points.length} architectures${omitted} \u00b7 ${deviceFingerprint} \u00b7 bars: 95% intervals`;
  return tableError === null ? [run] : [run, describeTableError(tableError)];
}

function describeTableError({ networkCount, meanAbsoluteShare }: TableErrorNote): string {
  const networks = networkCount === 1 ? '1 network' : `${networkCount} networks`;
  return `predicted latencies: the table was off by ${(100 * meanAbsoluteShare).toFixed(1)}% over ${networks} measured end to end`;
}

const latencyTitles: Readonly<Record<FrontierSeries['scope'], string>> = {
  step: 'Latency of one UNet pass [ms a step], less is better',
  image: 'Latency of one picture, text to pixels [ms an image], less is better',
};

/** The chart.js configuration of a frontier plot. Pure: the same series gives the same chart. */
export function frontierChart(series: FrontierSeries): ChartConfiguration<'scatter'> {
  const { points, path, budgetMs } = series;
  const latencies = [...points, ...path].flatMap(({ latencyMs }) => [latencyMs.low, latencyMs.high]);
  const range = scoreRange(series);
  const drawn = [
    ...candidateDatasets(points, range),
    frontDataset(series.front, Math.max(...latencies)),
    ...pathDatasets(series),
  ];
  return {
    type: 'scatter',
    data: { datasets: drawn.filter(({ data }) => data.length > 0) },
    options: {
      layout: { padding: 18 },
      scales: {
        x: axis(
          latencyTitles[series.scope],
          paddedRange(budgetMs === null ? latencies : [...latencies, budgetMs], 0.04),
        ),
        y: axis('CLIP score, more is better', { min: range.min, max: range.max }),
      },
      plugins: { ...titles(headline(series), subline(series)), legend: legend() },
    },
    plugins: [budgetPlugin(series), errorBarsPlugin(errorBarSets(series)), labelsPlugin(series)],
  };
}
