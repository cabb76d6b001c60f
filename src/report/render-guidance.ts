import { toCsv } from './csv.js';
import { guidanceChart } from './guidance-chart.js';
import type { GuidancePoint, GuidanceSeries } from './guidance-series.js';
import type { PlotFormat } from './plot-format.js';
import { renderChart } from './render-chart.js';

const csvColumns = [
  'model',
  'guidance_scale',
  'clip_score',
  'clip_score_low',
  'clip_score_high',
  'clip_change',
  'clip_change_low',
  'clip_change_high',
  'cmmd',
] as const;

function csvRow({ model, guidanceScale, clipScore, clipChange, cmmd }: GuidancePoint) {
  const { value, low, high } = clipChange ?? { value: null, low: null, high: null };
  return [model, guidanceScale, clipScore.value, clipScore.low, clipScore.high, value, low, high, cmmd];
}

/** Every point as a line, by model, then guidance scale. */
export function guidanceCsv({ lines }: GuidanceSeries): string {
  return toCsv(
    csvColumns,
    lines.flatMap(({ points }) => points.map(csvRow)),
  );
}

/** The content of a file of CLIP score and CMMD over the guidance scale. @param series with at least one point */
export function renderGuidance(series: GuidanceSeries, format: PlotFormat): Uint8Array {
  if (format === 'csv') return new TextEncoder().encode(guidanceCsv(series));
  if (format === 'json') return new TextEncoder().encode(`${JSON.stringify(series, null, 2)}\n`);
  return renderChart(guidanceChart(series), format, { widthPx: 1200, heightPx: 900 });
}
