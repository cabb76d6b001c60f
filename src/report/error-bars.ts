import type { Plugin } from 'chart.js';
import type { Estimate } from '../statistics/estimate.js';
import { drawingPlugin, type PlotSurface } from './chart-plugin.js';

export interface ErrorBarSet {
  readonly points: readonly { readonly x: Estimate; readonly y: Estimate }[];
  readonly color: string;
  readonly lineWidth: number;
  /** Half the length of the strokes that end a bar, in pixels; 0 for none. */
  readonly capPx: number;
}

function strokeBar(
  { context }: PlotSurface,
  from: [number, number],
  to: [number, number],
  capPx: number,
): void {
  const [x1, y1] = from;
  const [x2, y2] = to;
  const isVertical = x1 === x2;
  const capX = isVertical ? capPx : 0;
  const capY = isVertical ? 0 : capPx;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  for (const [x, y] of [from, to]) {
    context.moveTo(x - capX, y - capY);
    context.lineTo(x + capX, y + capY);
  }
  context.stroke();
}

/** Draws both intervals of every point, below the points themselves. */
export function errorBarsPlugin(sets: readonly ErrorBarSet[]): Plugin {
  return drawingPlugin('error-bars', 'below-data', (surface) => {
    const { context, area, toX, toY } = surface;
    context.beginPath();
    context.rect(area.left, area.top, area.width, area.height);
    context.clip();
    for (const { points, color, lineWidth, capPx } of sets) {
      context.strokeStyle = color;
      context.lineWidth = lineWidth;
      for (const { x, y } of points) {
        strokeBar(surface, [toX(x.value), toY(y.low)], [toX(x.value), toY(y.high)], capPx);
        if (x.high > x.low)
          strokeBar(surface, [toX(x.low), toY(y.value)], [toX(x.high), toY(y.value)], capPx);
      }
    }
  });
}
