import type { Plugin } from 'chart.js';
import { drawingPlugin, type PlotSurface } from './chart-plugin.js';
import { cssFont } from './fonts.js';
import type { FrontierPoint, FrontierSeries } from './frontier-series.js';
import { type Box, placeLabels, type Point } from './label-placement.js';
import { formatChange, formatClip, formatMs } from './number-format.js';
import { ink, mutedInk, okabeIto, paper, withOpacity } from './palette.js';

const LINE_HEIGHT_PX = 19;
const LABEL_PADDING_PX = 7;
const MARKER_RADIUS_PX = 12;

interface Label {
  readonly point: FrontierPoint;
  readonly lines: readonly string[];
}

/** The budget as a line, with the side that meets it tinted. Drawn below the data. */
export function budgetPlugin({ budgetMs, original }: FrontierSeries): Plugin {
  return drawingPlugin('budget', 'below-data', ({ context, area, toX }) => {
    if (budgetMs === null) return;
    const x = toX(budgetMs);
    context.fillStyle = withOpacity(okabeIto.green, 0.07);
    context.fillRect(area.left, area.top, x - area.left, area.height);
    context.strokeStyle = okabeIto.green;
    context.lineWidth = 2;
    context.setLineDash([8, 6]);
    context.beginPath();
    context.moveTo(x, area.top);
    context.lineTo(x, area.top + area.height);
    context.stroke();
    context.font = cssFont(14, 600);
    context.fillStyle = okabeIto.green;
    context.textBaseline = 'top';
    const share = original === null ? '' : ` (${Math.round((budgetMs / original.latencyMs.value) * 100)}%)`;
    const text = `budget ${formatMs(budgetMs)}${share}`;
    const fitsLeft = x - area.left > context.measureText(text).width + 16;
    context.textAlign = fitsLeft ? 'right' : 'left';
    context.fillText(text, fitsLeft ? x - 8 : x + 8, area.top + 8);
  });
}

/** What a labelled point costs and scores, and whether some of its time is int8's. */
function figuresOf({ latencyMs, clipScore, int8Blocks }: FrontierPoint): readonly string[] {
  const figures = `${formatMs(latencyMs.value)}, CLIP ${formatClip(clipScore.value)}`;
  if (int8Blocks === 0) return [figures];
  return [figures, `${int8Blocks} ${int8Blocks === 1 ? 'block' : 'blocks'} on int8`];
}

function labelsOf({ original, final, path }: FrontierSeries): readonly Label[] {
  const labels: Label[] = [];
  if (original !== null) {
    labels.push({ point: original, lines: ['Original', ...figuresOf(original)] });
  }
  const last = final ?? path.at(-1);
  if (last === undefined || last === original) return labels;
  const name = final === null ? `After round ${last.round}` : 'Final';
  const change =
    original === null ? '' : ` (${formatChange(original.latencyMs.value, last.latencyMs.value)} latency)`;
  labels.push({ point: last, lines: [`${name}${change}`, ...figuresOf(last)] });
  return labels;
}

function boxAround(x: number, y: number, radius: number): Box {
  return { left: x - radius, top: y - radius, width: 2 * radius, height: 2 * radius };
}

/** Where labels should not go: on points, on the lines between those of the path, on the budget's own label. */
function obstaclesOf(
  { points, path, budgetMs }: FrontierSeries,
  { area, toX, toY }: PlotSurface,
): readonly Box[] {
  const at = path.map((point) => ({ x: toX(point.latencyMs.value), y: toY(point.clipScore.value) }));
  const boxes = at.map(({ x, y }) => boxAround(x, y, MARKER_RADIUS_PX + 3));
  at.slice(1).forEach((end, index) => {
    const start = at[index] ?? end;
    for (let share = 0.1; share < 1; share += 0.1) {
      boxes.push(boxAround(start.x + share * (end.x - start.x), start.y + share * (end.y - start.y), 3));
    }
  });
  for (const { latencyMs, clipScore } of points)
    boxes.push(boxAround(toX(latencyMs.value), toY(clipScore.value), 5));
  if (budgetMs !== null) boxes.push({ left: toX(budgetMs) - 190, top: area.top, width: 380, height: 30 });
  return boxes;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** From the label's nearest edge to the marker, so that a label put further away still says whose it is. */
function drawLeader({ context }: PlotSurface, anchor: Point, box: Box): void {
  const from = {
    x: clamp(anchor.x, box.left, box.left + box.width),
    y: clamp(anchor.y, box.top, box.top + box.height),
  };
  const length = Math.hypot(anchor.x - from.x, anchor.y - from.y);
  if (length < MARKER_RADIUS_PX + 8) return;
  const share = (length - MARKER_RADIUS_PX - 2) / length;
  context.strokeStyle = mutedInk;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(from.x + share * (anchor.x - from.x), from.y + share * (anchor.y - from.y));
  context.stroke();
}

function drawLabel({ context }: PlotSurface, lines: readonly string[], box: Box): void {
  context.fillStyle = withOpacity(paper, 0.88);
  context.fillRect(box.left, box.top, box.width, box.height);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  lines.forEach((line, index) => {
    context.font = cssFont(14, index === 0 ? 600 : 400);
    context.fillStyle = index === 0 ? ink : mutedInk;
    const y = box.top + LABEL_PADDING_PX + (index + 0.5) * LINE_HEIGHT_PX;
    context.fillText(line, box.left + LABEL_PADDING_PX, y);
  });
}

function drawRoundNumbers({ context, toX, toY }: PlotSurface, path: readonly FrontierPoint[]): void {
  context.font = cssFont(12, 600);
  context.fillStyle = paper;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const point of path.filter(({ role }) => role === 'current')) {
    context.fillText(`${point.round}`, toX(point.latencyMs.value), toY(point.clipScore.value) + 0.5);
  }
}

/** Names the original and the final architecture, and numbers the rounds between them. Drawn above the data. */
export function labelsPlugin(series: FrontierSeries): Plugin {
  return drawingPlugin('labels', 'above-data', (surface) => {
    const { context, area, toX, toY } = surface;
    drawRoundNumbers(surface, series.path);
    context.font = cssFont(14, 600);
    const requests = labelsOf(series).map(({ point, lines }) => ({
      lines,
      anchor: { x: toX(point.latencyMs.value), y: toY(point.clipScore.value) },
      width: Math.max(...lines.map((line) => context.measureText(line).width)) + 2 * LABEL_PADDING_PX,
      height: lines.length * LINE_HEIGHT_PX + 2 * LABEL_PADDING_PX,
    }));
    const boxes = placeLabels(requests, obstaclesOf(series, surface), area);
    requests.forEach(({ lines, anchor }, index) => {
      const box = boxes[index];
      if (box === undefined) return;
      drawLeader(surface, anchor, box);
      drawLabel(surface, lines, box);
    });
  });
}
