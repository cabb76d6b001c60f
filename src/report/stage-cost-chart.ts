import type { ChartConfiguration } from 'chart.js';
import { axis, legend, titles } from './chart-style.js';
import { formatMs } from './number-format.js';
import { okabeIto } from './palette.js';
import type { StageCost } from './stage-costs.js';

/** The chart.js configuration of what the stages of a UNet cost, side by side, after Figure 2 of arXiv 2306.00980. Pure. */
export function stageCostChart(costs: readonly StageCost[]): ChartConfiguration<'bar'> {
  const { ticks, title, border } = axis('Stage (channels)');
  const totalMs = costs.reduce((sum, { attentionMs, resnetMs }) => sum + attentionMs + resnetMs, 0);
  return {
    type: 'bar',
    data: {
      labels: costs.map(({ stage }) => stage),
      datasets: [
        {
          label: 'Cross-attention',
          data: costs.map(({ attentionMs }) => attentionMs),
          backgroundColor: okabeIto.vermilion,
        },
        { label: 'ResNets', data: costs.map(({ resnetMs }) => resnetMs), backgroundColor: okabeIto.blue },
      ],
    },
    options: {
      layout: { padding: 18 },
      scales: {
        x: { type: 'category', ticks, title, border, grid: { display: false } },
        y: axis('Milliseconds a step', { min: 0 }),
      },
      plugins: {
        ...titles('What the stages of the UNet cost', `all blocks together ${formatMs(totalMs)} a step`),
        legend: { ...legend(), labels: { ...legend().labels, pointStyle: 'rect' } },
      },
    },
  };
}
