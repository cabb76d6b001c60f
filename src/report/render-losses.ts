import { toCsv } from './csv.js';
import { lossChart } from './loss-chart.js';
import type { LossSeries } from './loss-series.js';
import type { PlotFormat } from './plot-format.js';
import { renderChart } from './render-chart.js';

const csvColumns = ['phase', 'step', 'loss', 'smoothed_loss', 'learning_rate'] as const;

/** Every point of every phase as a line. */
export function lossCsv(series: readonly LossSeries[]): string {
  const rows = series.flatMap(({ phase, points }) =>
    points.map(({ step, loss, smoothedLoss, learningRate }) => [
      phase,
      step,
      loss,
      smoothedLoss,
      learningRate,
    ]),
  );
  return toCsv(csvColumns, rows);
}

/** The content of a loss plot's file. */
export function renderLosses(runId: string, series: readonly LossSeries[], format: PlotFormat): Uint8Array {
  if (format === 'csv') return new TextEncoder().encode(lossCsv(series));
  if (format === 'json') return new TextEncoder().encode(`${JSON.stringify({ runId, series }, null, 2)}\n`);
  return renderChart(lossChart(runId, series), format);
}
