import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { frontierChart } from '../../src/report/frontier-chart.js';
import { frontierSeries } from '../../src/report/frontier-series.js';
import { okabeIto } from '../../src/report/palette.js';
import { frontierCsv, renderFrontier } from '../../src/report/render-frontier.js';
import { run, syntheticSearch } from './synthetic-run.js';

const { architectures, rounds } = syntheticSearch(4);
const series = frontierSeries(run, architectures, rounds);
const empty = frontierSeries(run, [], []);
const png = renderFrontier(series, 'png');
const svg = renderFrontier(series, 'svg');
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function pixelsOf(picture: Uint8Array) {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, ...info };
}

function countColor(data: Uint8Array, color: string): number {
  const wanted = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  let count = 0;
  for (let at = 0; at < data.length; at += 3) {
    if (wanted.every((value, channel) => data[at + channel] === value)) count++;
  }
  return count;
}

/** Of the two pictures' values when both are made small, 0 to 255. */
async function meanDifference(a: Uint8Array, b: Uint8Array): Promise<number> {
  const small = async (picture: Uint8Array): Promise<Uint8Array> =>
    sharp(picture).resize(300, 190).removeAlpha().raw().toBuffer();
  const [first, second] = [await small(a), await small(b)];
  return first.reduce((sum, value, at) => sum + Math.abs(value - (second[at] ?? 0)), 0) / first.length;
}

describe('renderFrontier as a picture', () => {
  it('draws twice the pixels, on white, with every part in its colour', async () => {
    const { data, width, height } = await pixelsOf(png);
    expect([width, height]).toEqual([2400, 1520]);
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
    for (const color of [
      okabeIto.blue,
      okabeIto.orange,
      okabeIto.black,
      okabeIto.vermilion,
      okabeIto.green,
    ]) {
      expect(countColor(data, color)).toBeGreaterThan(200);
    }
  });

  it('writes text: the title takes up ink', async () => {
    const { data, width } = await pixelsOf(png);
    const title = data.subarray(0, 100 * width * 3);
    expect(title.filter((value) => value < 64).length).toBeGreaterThan(2000);
  });

  it('draws the same as SVG, its text as outlines', async () => {
    expect(text(svg)).toMatch(/^<\?xml.*<svg /s);
    expect(text(svg)).not.toContain('<text');
    expect(await meanDifference(svg, png)).toBeLessThan(3);
  });

  it.each(['png', 'svg'] as const)('draws a run that has not begun as %s', (format) => {
    expect(renderFrontier(empty, format).length).toBeGreaterThan(1000);
  });

  it('is the same picture every time', () => {
    expect(Buffer.compare(renderFrontier(series, 'png'), png)).toBe(0);
  });
});

describe('renderFrontier as data', () => {
  it('writes JSON that reads back as the series', () => {
    expect(JSON.parse(text(renderFrontier(series, 'json')))).toEqual(series);
  });

  it('writes one CSV line a point, with the front marked', () => {
    const [header, ...lines] = frontierCsv(series).trimEnd().split('\n');
    expect(header?.split(',').slice(0, 3)).toEqual(['round', 'role', 'hash']);
    expect(lines).toHaveLength(series.points.length);
    expect(lines[0]).toBe(
      '0,original,hash-original-0-0,,5600000,0,40.5,40.088,40.912,false,0.2621,0.2605,0.2637,true',
    );
    expect(lines.filter((line) => line.endsWith(',true'))).toHaveLength(series.front.length);
  });
});

describe('architectures with blocks on int8', () => {
  const countInt8Blocks = (form: string): number => (form === 'form 0' ? 3 : 0);
  const quantized = frontierSeries(run, architectures, rounds, { countInt8Blocks });

  it('are told from others in data', () => {
    const lines = frontierCsv(quantized)
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    const column = lines[0]?.indexOf('int8_blocks') ?? -1;
    const counts = lines.slice(1).map((line) => line[column]);
    expect(counts).toEqual(quantized.points.map(({ int8Blocks }) => String(int8Blocks)));
    expect(new Set(counts)).toEqual(new Set(['0', '3']));
  });

  it('are told from others in pictures', () => {
    expect(Buffer.compare(renderFrontier(quantized, 'png'), png)).not.toBe(0);
  });
});

describe('frontierChart', () => {
  it('names the axes with their units and says in the title what was reached', () => {
    const { options } = frontierChart(series);
    expect(options?.scales?.['x']).toMatchObject({
      title: { text: 'Latency of one UNet pass [ms a step], less is better' },
    });
    const ofPictures = frontierChart(frontierSeries(run, architectures, rounds, { scope: 'image' })).options;
    expect(ofPictures?.scales?.['x']).toMatchObject({
      title: { text: 'Latency of one picture, text to pixels [ms an image], less is better' },
    });
    expect(options?.plugins?.title?.text).toBe('emoji: 40.5 ms to 25.7 ms, CLIP 0.2621 to 0.2620');
    expect(options?.plugins?.subtitle?.text).toEqual([expect.stringContaining('126 architectures')]);
  });

  it('says how far predicted latencies are off, where that is known', () => {
    const known = frontierSeries(run, architectures, rounds, {
      tableError: { networkCount: 6, meanAbsoluteShare: 0.0212 },
    });
    const { options } = frontierChart(known);
    expect(options?.plugins?.subtitle?.text).toEqual([
      expect.stringContaining('126 architectures'),
      'predicted latencies: the table was off by 2.1% over 6 networks measured end to end',
    ]);
    expect(JSON.parse(text(renderFrontier(known, 'json')))).toMatchObject({
      tableError: { networkCount: 6, meanAbsoluteShare: 0.0212 },
    });
  });

  it('shows no series that has no points', () => {
    const labels = frontierChart(empty).data.datasets.map(({ label }) => label);
    expect(labels).toEqual([]);
  });
});
