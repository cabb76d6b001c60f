import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { guidanceChart } from '../../src/report/guidance-chart.js';
import { guidanceSeries, type GuidancePoint } from '../../src/report/guidance-series.js';
import { guidanceCsv, renderGuidance } from '../../src/report/render-guidance.js';

const original = 'original, 50 steps';
const student = 'student, 8 steps';

function point(model: string, guidanceScale: number, clip: number): GuidancePoint {
  return {
    ...{ model, guidanceScale, cmmd: 2 + guidanceScale },
    clipScore: { value: clip, low: clip - 0.125, high: clip + 0.25 },
    clipChange: model === original ? null : { value: -0.02, low: -0.03, high: -0.01 },
  };
}

const points = [
  point(original, 7.5, 0.75),
  point(student, 7.5, 0.5),
  point(original, 1, 0.5),
  point(student, 1, 0.25),
];
const series = guidanceSeries([original, 'not measured', student], points, {
  notes: ['run x'],
  captionCount: 64,
});

describe('guidanceSeries', () => {
  it('has a line for each model that has points, in the order asked for, by guidance scale', () => {
    expect(series.lines.map(({ model }) => model)).toEqual([original, student]);
    for (const line of series.lines) {
      expect(line.points.map(({ guidanceScale }) => guidanceScale)).toEqual([1, 7.5]);
      expect(line.points.every(({ model }) => model === line.model)).toBe(true);
    }
  });
});

describe('guidanceChart', () => {
  const { data, options } = guidanceChart(series);

  it('draws CLIP and CMMD in panels of their own, and names each model once', () => {
    expect(data.datasets.map(({ label, yAxisID }) => [label, yAxisID])).toEqual([
      [original, 'y'],
      ['', 'cmmd'],
      [student, 'y'],
      ['', 'cmmd'],
    ]);
    const values = data.datasets.map((dataset) =>
      dataset.data.map((each) => (each as { readonly y: number }).y),
    );
    expect(values.slice(0, 2)).toEqual([
      [0.5, 0.75],
      [3, 9.5],
    ]);
    expect(data.datasets[0]?.borderColor).not.toBe(data.datasets[2]?.borderColor);
    expect(data.datasets[0]?.pointStyle).not.toBe(data.datasets[2]?.pointStyle);
  });

  it('shows whole intervals', () => {
    const { min, max } = options?.scales?.['y'] as { readonly min: number; readonly max: number };
    expect(min).toBeLessThan(0.125);
    expect(max).toBeGreaterThan(1);
  });

  it('has the models side by side, each named below, where there is a single scale', () => {
    const single = guidanceSeries([original, student], points.slice(0, 2), { notes: [], captionCount: 2 });
    const chart = guidanceChart(single);
    const xs = chart.data.datasets.map((dataset) =>
      dataset.data.map((each) => (each as { readonly x: number }).x),
    );
    expect(xs).toEqual([[0], [0], [1], [1]]);
    const axis = chart.options?.scales?.['x'] as {
      readonly min: number;
      readonly max: number;
      readonly ticks: { readonly callback: (value: number) => string };
      readonly afterBuildTicks: (scale: { ticks: readonly { readonly value: number }[] }) => void;
    };
    expect([axis.min, axis.max]).toEqual([-0.5, 1.5]);
    const scale: { ticks: readonly { readonly value: number }[] } = { ticks: [] };
    axis.afterBuildTicks(scale);
    expect(scale.ticks.map(({ value }) => axis.ticks.callback(value))).toEqual([original, student]);
    expect(chart.options?.plugins?.title?.text).toBe('CLIP score and CMMD at guidance scale 7.5');
    expect(chart.options?.plugins?.legend?.display).toBe(false);
  });

  it('leaves a single line where its scales are', () => {
    const alone = guidanceChart({ ...series, lines: series.lines.slice(0, 1) });
    expect(alone.data.datasets[0]?.data.map((each) => (each as { readonly x: number }).x)).toEqual([1, 7.5]);
  });
});

describe('renderGuidance', () => {
  it('draws a PNG and an SVG', async () => {
    const { format, width, height } = await sharp(renderGuidance(series, 'png')).metadata();
    expect([format, width, height]).toEqual(['png', 2400, 1800]);
    expect((await sharp(renderGuidance(series, 'svg')).metadata()).format).toBe('svg');
  });

  it('draws a single point', async () => {
    const single = guidanceSeries([original], points.slice(0, 1), { notes: [], captionCount: 2 });
    expect((await sharp(renderGuidance(single, 'png')).metadata()).format).toBe('png');
  });

  it('writes JSON that reads back as the series', () => {
    expect(JSON.parse(new TextDecoder().decode(renderGuidance(series, 'json')))).toEqual(series);
  });

  it('writes one CSV line a point, without a change for the first model', () => {
    expect(guidanceCsv(series).trimEnd().split('\n')).toEqual([
      'model,guidance_scale,clip_score,clip_score_low,clip_score_high,clip_change,clip_change_low,clip_change_high,cmmd',
      '"original, 50 steps",1,0.5,0.375,0.75,,,,3',
      '"original, 50 steps",7.5,0.75,0.625,1,,,,9.5',
      '"student, 8 steps",1,0.25,0.125,0.5,-0.02,-0.03,-0.01,3',
      '"student, 8 steps",7.5,0.5,0.375,0.75,-0.02,-0.03,-0.01,9.5',
    ]);
  });
});
