import type { ChartConfiguration, ChartDataset } from 'chart.js';
import { axis, legend, logarithmicAxis, titles } from './chart-style.js';
import type { LossSeries } from './loss-series.js';
import { okabeIto, seriesColors, withOpacity } from './palette.js';

/** The raw losses faint, their moving average strong, in the phase's colour. */
function phaseDatasets({ phase, points }: LossSeries, index: number): readonly ChartDataset<'scatter'>[] {
  const color = seriesColors[index % seriesColors.length] ?? okabeIto.blue;
  const shared = { showLine: true, pointRadius: 0, pointStyle: 'line' as const };
  return [
    {
      ...shared,
      label: phase,
      data: points.map(({ step, smoothedLoss }) => ({ x: step, y: smoothedLoss })),
      borderColor: color,
      backgroundColor: color,
      borderWidth: 2.5,
      order: 0,
    },
    {
      ...shared,
      label: '',
      data: points.map(({ step, loss }) => ({ x: step, y: loss })),
      borderColor: withOpacity(color, 0.3),
      borderWidth: 1,
      order: 1,
    },
  ];
}

/** The chart.js configuration of a run's training losses, all phases together on a logarithmic axis. Pure. */
export function lossChart(runId: string, series: readonly LossSeries[]): ChartConfiguration<'scatter'> {
  const names = series.map(({ phase }) => phase).join(', ');
  const style = legend();
  return {
    type: 'scatter',
    data: { datasets: series.flatMap(phaseDatasets) },
    options: {
      layout: { padding: 18 },
      scales: { x: axis('Training step', { min: 0 }), y: logarithmicAxis('Loss') },
      plugins: {
        ...titles(
          `Training loss: ${names}`,
          `run ${runId} \u00b7 moving average over the single steps (faint)`,
        ),
        legend: { ...style, labels: { ...style.labels, filter: ({ text }) => text !== '' } },
      },
    },
  };
}
