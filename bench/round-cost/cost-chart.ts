import type { ChartConfiguration } from 'chart.js';
import { legend, logarithmicAxis, titles } from '../../src/report/chart-style.js';
import { okabeIto } from '../../src/report/palette.js';

/** A round's cost as one of its extents grows and all others stay. */
export interface CostCurve {
  readonly varied: string;
  /** Exponent of the power law that fits best. */
  readonly slope: number;
  readonly points: readonly { readonly extent: number; readonly seconds: number }[];
}

const colours = [okabeIto.vermilion, okabeIto.blue, okabeIto.green, okabeIto.orange];

/** Seconds against what was varied, as a multiple of its smallest, on logarithmic axes: a straight line of slope 1 is linear. Pure. */
export function costChart(curves: readonly CostCurve[]): ChartConfiguration<'scatter'> {
  return {
    type: 'scatter',
    data: {
      datasets: curves.map(({ varied, slope, points }, i) => ({
        label: `${varied}, slope ${slope.toFixed(2)}`,
        data: points.map(({ extent, seconds }) => ({
          x: extent / (points[0]?.extent ?? 1),
          y: seconds,
        })),
        showLine: true,
        borderColor: colours[i % colours.length] ?? '',
        backgroundColor: colours[i % colours.length] ?? '',
        pointRadius: 5,
      })),
    },
    options: {
      layout: { padding: 18 },
      scales: { x: logarithmicAxis('Times as many as at first'), y: logarithmicAxis('Seconds a round') },
      plugins: {
        ...titles('What a round of the search costs', 'one extent grows, all others stay'),
        legend: legend(),
      },
    },
  };
}
