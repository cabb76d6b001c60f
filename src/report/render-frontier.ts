import { toCsv } from './csv.js';
import { frontierChart } from './frontier-chart.js';
import type { FrontierPoint, FrontierSeries } from './frontier-series.js';
import type { PlotFormat } from './plot-format.js';
import { renderChart } from './render-chart.js';

const csvColumns = [
  'round',
  'role',
  'hash',
  'parent_hash',
  'parameter_count',
  'int8_blocks',
  'latency_ms',
  'latency_ms_low',
  'latency_ms_high',
  'latency_is_predicted',
  'clip_score',
  'clip_score_low',
  'clip_score_high',
  'on_front',
] as const;

function csvRow(point: FrontierPoint, isOnFront: boolean) {
  const { round, role, hash, parentHash, parameterCount, int8Blocks, latencyMs, isPredicted, clipScore } =
    point;
  const latency = [latencyMs.value, latencyMs.low, latencyMs.high, isPredicted];
  return [
    round,
    role,
    hash,
    parentHash,
    parameterCount,
    int8Blocks,
    ...latency,
    clipScore.value,
    clipScore.low,
    clipScore.high,
    isOnFront,
  ];
}

/** Every point as a line, in the order tried. */
export function frontierCsv({ points, front }: FrontierSeries): string {
  return toCsv(
    csvColumns,
    points.map((point) => csvRow(point, front.includes(point))),
  );
}

/** The content of a frontier plot's file. */
export function renderFrontier(series: FrontierSeries, format: PlotFormat): Uint8Array {
  if (format === 'csv') return new TextEncoder().encode(frontierCsv(series));
  if (format === 'json') return new TextEncoder().encode(`${JSON.stringify(series, null, 2)}\n`);
  return renderChart(frontierChart(series), format);
}
