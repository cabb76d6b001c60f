import type { Chart, Plugin } from 'chart.js';
import type { Box } from './label-placement.js';
import type { DrawingContext } from './drawing-context.js';

/** What a plugin of ours draws with: the canvas, and where a value lies on it. */
export interface PlotSurface {
  readonly context: DrawingContext;
  /** The rectangle between the axes. */
  readonly area: Box;
  readonly toX: (value: number) => number;
  readonly toY: (value: number) => number;
}

function surfaceOf(chart: Chart): PlotSurface | undefined {
  const { x, y } = chart.scales;
  if (x === undefined || y === undefined) return undefined;
  const { left, top, width, height } = chart.chartArea;
  return {
    context: chart.ctx as unknown as DrawingContext,
    area: { left, top, width, height },
    toX: (value) => x.getPixelForValue(value),
    toY: (value) => y.getPixelForValue(value),
  };
}

/** A plugin that draws below or above the data, with the canvas's settings put back after it. */
export function drawingPlugin(
  id: string,
  layer: 'below-data' | 'above-data',
  draw: (surface: PlotSurface) => void,
): Plugin {
  const onChart = (chart: Chart): void => {
    const surface = surfaceOf(chart);
    if (surface === undefined) return;
    surface.context.save();
    draw(surface);
    surface.context.restore();
  };
  return layer === 'below-data' ? { id, beforeDatasetsDraw: onChart } : { id, afterDatasetsDraw: onChart };
}
