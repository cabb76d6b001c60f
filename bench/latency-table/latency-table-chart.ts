import type { ChartConfiguration } from 'chart.js';
import { axis, legend, titles } from '../../src/report/chart-style.js';
import { errorBarsPlugin } from '../../src/report/error-bars.js';
import { okabeIto, paper } from '../../src/report/palette.js';
import type { HeldOutNetwork, TableFigures } from './table-figures.js';

/** What the table foretells of networks against what they measure. Pure. */
export function latencyTableChart(
  networks: readonly HeldOutNetwork[],
  { errorAfter, rankCorrelation }: TableFigures,
): ChartConfiguration<'scatter'> {
  const greatest = Math.max(...networks.flatMap(({ sumMs, measuredMs }) => [sumMs, measuredMs.high]));
  const certain = (value: number): HeldOutNetwork['measuredMs'] => ({ value, low: value, high: value });
  const off = (100 * (errorAfter?.meanAbsoluteShare ?? 0)).toFixed(1);
  const points = networks.map(({ predictedMs, measuredMs }) => ({ x: certain(predictedMs), y: measuredMs }));
  return {
    type: 'scatter',
    data: {
      datasets: [
        {
          label: 'By calibrated costs',
          data: points.map(({ x, y }) => ({ x: x.value, y: y.value })),
          backgroundColor: okabeIto.blue,
          pointRadius: 6,
        },
        {
          label: 'By costs as measured',
          data: networks.map(({ sumMs, measuredMs }) => ({ x: sumMs, y: measuredMs.value })),
          backgroundColor: paper,
          borderColor: okabeIto.vermilion,
          pointRadius: 5,
          pointBorderWidth: 1.5,
        },
        {
          label: 'Foretold exactly',
          data: [0, greatest].map((ms) => ({ x: ms, y: ms })),
          showLine: true,
          pointRadius: 0,
          pointStyle: 'line',
          borderColor: okabeIto.black,
          borderWidth: 1,
        },
      ],
    },
    options: {
      layout: { padding: 18 },
      scales: {
        x: axis('Predicted latency of one UNet pass [ms]', { min: 0 }),
        y: axis('Measured latency [ms]', { min: 0 }),
      },
      plugins: {
        ...titles(
          'What the latency table foretells of random architectures',
          `${networks.length} architectures that it was not calibrated with, off by ${off}% on average, rank correlation ${rankCorrelation.toFixed(3)}`,
        ),
        legend: legend(),
      },
    },
    plugins: [errorBarsPlugin([{ points, color: okabeIto.blue, lineWidth: 1.5, capPx: 4 }])],
  };
}
