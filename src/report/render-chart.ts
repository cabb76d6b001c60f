import { createCanvas, SvgExportFlag } from 'canvas';
import { Chart, type ChartConfiguration, type Plugin } from 'chart.js/auto';
import { ChartJSNodeCanvas } from 'chartjs-node-canvas';
import type { DrawingContext } from './drawing-context.js';
import { registerFonts } from './fonts.js';
import { paper } from './palette.js';

/** The kinds of chart there are. */
type DrawnConfiguration = ChartConfiguration<'scatter'> | ChartConfiguration<'bar'>;

export interface ChartSize {
  /** In CSS pixels: a PNG has twice as many a side. */
  readonly widthPx: number;
  readonly heightPx: number;
}

const defaultSize: ChartSize = { widthPx: 1200, heightPx: 760 };
const DEVICE_PIXEL_RATIO = 2;

/** White, whatever page the picture is put on. Part of the chart, because chart.js clears the canvas before it draws. */
const paperPlugin: Plugin = {
  id: 'paper',
  beforeDraw: ({ ctx, width, height }) => {
    const context = ctx as unknown as DrawingContext;
    context.save();
    context.fillStyle = paper;
    context.fillRect(0, 0, width, height);
    context.restore();
  },
};

/** The configuration with what both kinds of picture need; chart.js writes into its options, so these are a copy. */
function prepared(configuration: DrawnConfiguration, devicePixelRatio: number): ChartConfiguration {
  const options = {
    ...configuration.options,
    devicePixelRatio,
    responsive: false,
    animation: false as const,
  };
  const plugins = [paperPlugin, ...(configuration.plugins ?? [])];
  return { ...configuration, options, plugins };
}

function renderPng(configuration: DrawnConfiguration, { widthPx, heightPx }: ChartSize): Uint8Array {
  const renderer = new ChartJSNodeCanvas({ width: widthPx, height: heightPx });
  return renderer.renderToBufferSync(prepared(configuration, DEVICE_PIXEL_RATIO));
}

/** A hundredth of a pixel is fine enough, at half the size. There is no text in the file that this could touch. */
function withShortNumbers(svg: string): string {
  return svg.replaceAll(/-?\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))));
}

/**
 * Text becomes outlines, so that it looks the same everywhere. chartjs-node-canvas asks for SVG in node-canvas's way, which this canvas does
 * not know, so chart.js draws on its SVG surface directly.
 */
function renderSvg(configuration: DrawnConfiguration, { widthPx, heightPx }: ChartSize): Uint8Array {
  const canvas = createCanvas(widthPx, heightPx, SvgExportFlag.ConvertTextToPaths);
  const chart = new Chart(canvas.getContext('2d'), prepared(configuration, 1));
  const svg = canvas.getContent().toString('utf8');
  chart.destroy();
  return new TextEncoder().encode(withShortNumbers(svg));
}

/** The content of a picture file of a chart: white, a PNG at twice the size, so that it is sharp on any screen. */
export function renderChart(
  configuration: DrawnConfiguration,
  format: 'png' | 'svg',
  size: ChartSize = defaultSize,
): Uint8Array {
  registerFonts();
  return format === 'png' ? renderPng(configuration, size) : renderSvg(configuration, size);
}
