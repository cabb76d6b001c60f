import type { ChartConfiguration } from 'chart.js';
import { axis, legend, titles } from '../../src/report/chart-style.js';
import { errorBarsPlugin } from '../../src/report/error-bars.js';
import { okabeIto } from '../../src/report/palette.js';
import type { Line } from './summarize.js';

/** What the groups of contestants are called, and their colours. */
const groups = {
  searched: ['Searched', okabeIto.orange],
  'searched without robust training': ['Searched without robust training', okabeIto.purple],
  'hand-picked': ["In the order of BK-SDM's authors", okabeIto.blue],
  greedy: ['Largest saving first', okabeIto.vermilion],
  random: ['At random', okabeIto.skyBlue],
  original: ['Original', okabeIto.green],
} as const;

/** Latency against CLIP score of all contestants. Pure. */
export function comparisonChart(lines: readonly Line[], steps: number): ChartConfiguration<'scatter'> {
  const ends = lines.flatMap(({ clip }) => [clip.low, clip.high]);
  const series = Object.entries(groups).map(([group, [label, color]]) => {
    const own = lines.filter((line) => line.group === group);
    return { label, color, points: own.map(({ latencyMs, clip }) => ({ x: latencyMs, y: clip })) };
  });
  return {
    type: 'scatter',
    data: {
      datasets: series.map(({ label, color, points }) => ({
        ...{ label, backgroundColor: color, pointRadius: 6 },
        data: points.map(({ x, y }) => ({ x: x.value, y: y.value })),
      })),
    },
    options: {
      layout: { padding: 18 },
      scales: {
        x: axis('Milliseconds a step of the UNet', { min: 0 }),
        y: { ...axis('CLIP score'), suggestedMin: Math.min(...ends), suggestedMax: Math.max(...ends) },
      },
      plugins: {
        ...titles(
          'Architectures of the same latency',
          `each trained ${steps} steps from the pretrained weights`,
        ),
        legend: legend(),
      },
    },
    plugins: [
      errorBarsPlugin(series.map(({ color, points }) => ({ points, color, lineWidth: 1.5, capPx: 4 }))),
    ],
  };
}
