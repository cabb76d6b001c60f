import { expect, test } from 'vitest';
import { renderStageCosts } from '../../src/report/render-stage-costs.js';
import { stageCostChart } from '../../src/report/stage-cost-chart.js';

const costs = [
  { stage: 'Down-1 (320)', attentionMs: 268.4, resnetMs: 84 },
  { stage: 'Mid (1280)', attentionMs: 16, resnetMs: 96.6 },
];

test('a bar for the attentions and one for the ResNets of every stage', () => {
  const { data, options } = stageCostChart(costs);
  expect(data.labels).toEqual(['Down-1 (320)', 'Mid (1280)']);
  expect(data.datasets.map(({ label, data: bars }) => [label, bars])).toEqual([
    ['Cross-attention', [268.4, 16]],
    ['ResNets', [84, 96.6]],
  ]);
  expect(options?.plugins?.subtitle?.text).toBe('all blocks together 465 ms a step');
});

test('drawn as PNG and as SVG', () => {
  const png = renderStageCosts(costs, 'png');
  expect([...png.subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  const svg = new TextDecoder().decode(renderStageCosts(costs, 'svg'));
  for (const color of ['#D55E00', '#0072B2']) expect(svg.toUpperCase()).toContain(color);
});
