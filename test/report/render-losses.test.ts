import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { lossChart } from '../../src/report/loss-chart.js';
import { lossSeries } from '../../src/report/loss-series.js';
import { lossCsv, renderLosses } from '../../src/report/render-losses.js';
import { syntheticLosses } from './synthetic-run.js';

const series = lossSeries([...syntheticLosses('vae', 300, 0.02, 1), ...syntheticLosses('unet', 400, 0.1, 2)]);

describe('renderLosses', () => {
  it('draws a PNG and an SVG', async () => {
    const metadata = await sharp(renderLosses('run', series, 'png')).metadata();
    expect([metadata.format, metadata.width, metadata.height]).toEqual(['png', 2400, 1520]);
    expect((await sharp(renderLosses('run', series, 'svg')).metadata()).format).toBe('svg');
  });

  it('writes JSON that reads back as the series', () => {
    expect(JSON.parse(new TextDecoder().decode(renderLosses('run', series, 'json')))).toEqual({
      runId: 'run',
      series,
    });
  });

  it('writes one CSV line a point', () => {
    const [header, ...lines] = lossCsv(series).trimEnd().split('\n');
    expect(header).toBe('phase,step,loss,smoothed_loss,learning_rate');
    expect(lines).toHaveLength(700);
    expect(lines[300]).toMatch(/^unet,1,/);
  });

  it('names each phase once in the legend', () => {
    const labels = lossChart('run', series).data.datasets.map(({ label }) => label);
    expect(labels.filter((label) => label !== '')).toEqual(['vae', 'unet']);
  });
});
