import { createCanvas, ImageData, type SKRSContext2D } from 'canvas';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { DrawingContext } from './drawing-context.js';
import { cssFont, registerFonts } from './fonts.js';
import { gridLine, ink, paper } from './palette.js';
import { wrapText } from './text-wrapping.js';

export interface SheetImage {
  /** Interleaved RGB, [height, width, 3], 0 to 255. */
  readonly pixels: Uint8Array | Uint8ClampedArray;
  readonly caption: string;
}

export interface SheetOptions {
  /** Of every picture. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly columns: number;
  /** Line above the pictures; none when empty. */
  readonly title: string;
  /** Above each column, from the left; none when empty. */
  readonly headings: readonly string[];
  /** How many times larger than its pixels a picture is shown, without smoothing. A whole number. */
  readonly scale: number;
}

const defaultOptions = { columns: 8, title: '', headings: [], scale: 2 };
const GAP_PX = 18;
const MARGIN_PX = 28;
const TITLE_PX = 52;
const CAPTION_LINE_PX = 20;
const CAPTION_LINES = 2;
const CAPTION_PX = CAPTION_LINES * CAPTION_LINE_PX + 8;
const HEADING_PX = CAPTION_PX + 8;

interface Cell {
  readonly left: number;
  readonly top: number;
}

interface SheetLayout {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly cellWidthPx: number;
  readonly headings: readonly Cell[];
  readonly cells: readonly Cell[];
}

/** Where each picture goes, row by row. Pure. */
export function layOutSheet(count: number, options: SheetOptions): SheetLayout {
  const columns = Math.max(1, Math.min(options.columns, count));
  const cellWidthPx = options.widthPx * options.scale;
  const cellHeightPx = options.heightPx * options.scale + CAPTION_PX;
  const belowTitle = MARGIN_PX + (options.title === '' ? 0 : TITLE_PX);
  const top = belowTitle + (options.headings.length === 0 ? 0 : HEADING_PX);
  const leftOf = (column: number): number => MARGIN_PX + column * (cellWidthPx + GAP_PX);
  const cells = Array.from({ length: count }, (_, index) => ({
    left: leftOf(index % columns),
    top: top + Math.floor(index / columns) * (cellHeightPx + GAP_PX),
  }));
  const rows = Math.ceil(count / columns);
  return {
    widthPx: 2 * MARGIN_PX + columns * (cellWidthPx + GAP_PX) - GAP_PX,
    heightPx: top + MARGIN_PX + rows * (cellHeightPx + GAP_PX) - GAP_PX,
    cellWidthPx,
    headings: options.headings.map((_, column) => ({ left: leftOf(column), top: belowTitle })),
    cells,
  };
}

function toRgba(pixels: SheetImage['pixels'], pixelCount: number): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(4 * pixelCount).fill(255);
  for (let at = 0; at < pixelCount; at++) rgba.set(pixels.subarray(3 * at, 3 * at + 3), 4 * at);
  return rgba;
}

function checkSize({ pixels, caption }: SheetImage, options: SheetOptions): void {
  const expected = 3 * options.widthPx * options.heightPx;
  if (pixels.length === expected) return;
  throw new SnapEvoError({
    code: 'REPORT_IMAGE_SIZE',
    message: `expected ${expected} values for a picture of ${options.widthPx}x${options.heightPx} RGB pixels, found ${pixels.length}`,
    where: caption,
    fault: 'internal',
  });
}

/** @param weight 600 for a heading */
function drawCaption(
  context: DrawingContext,
  caption: string,
  { left, top }: Cell,
  widthPx: number,
  weight: 400 | 600 = 400,
): void {
  context.font = cssFont(15, weight);
  context.fillStyle = ink;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  const lines = wrapText(caption, CAPTION_LINES, (line) => context.measureText(line).width <= widthPx);
  lines.forEach((line, index) => {
    context.fillText(line, left + widthPx / 2, top + 8 + index * CAPTION_LINE_PX);
  });
}

function drawPicture(context: SKRSContext2D, image: SheetImage, cell: Cell, options: SheetOptions): void {
  const { widthPx, heightPx, scale } = options;
  const small = createCanvas(widthPx, heightPx);
  small
    .getContext('2d')
    .putImageData(new ImageData(toRgba(image.pixels, widthPx * heightPx), widthPx, heightPx), 0, 0);
  context.drawImage(small, cell.left, cell.top, widthPx * scale, heightPx * scale);
}

/**
 * PNG of pictures in a grid, each with its caption below it.
 * @param images all of the size that the options name
 * @throws SnapEvoError `REPORT_IMAGE_SIZE`
 */
export function renderContactSheet(
  images: readonly SheetImage[],
  given: Pick<SheetOptions, 'widthPx' | 'heightPx'> & Partial<SheetOptions>,
): Uint8Array {
  registerFonts();
  const options: SheetOptions = { ...defaultOptions, ...given };
  const layout = layOutSheet(images.length, options);
  const canvas = createCanvas(layout.widthPx, layout.heightPx);
  const context = canvas.getContext('2d');
  const pen = context as unknown as DrawingContext & { imageSmoothingEnabled: boolean };
  pen.fillStyle = paper;
  pen.fillRect(0, 0, layout.widthPx, layout.heightPx);
  pen.imageSmoothingEnabled = false;
  drawTitle(pen, options.title);
  layout.headings.forEach((cell, column) => {
    drawCaption(pen, options.headings[column] ?? '', cell, layout.cellWidthPx, 600);
  });
  images.forEach((image, index) => {
    const cell = layout.cells[index];
    if (cell === undefined) return;
    checkSize(image, options);
    drawPicture(context, image, cell, options);
    frame(pen, cell, options);
    const captionTop = cell.top + options.heightPx * options.scale;
    drawCaption(pen, image.caption, { left: cell.left, top: captionTop }, layout.cellWidthPx);
  });
  return canvas.toBuffer('image/png');
}

function drawTitle(context: DrawingContext, title: string): void {
  context.font = cssFont(22, 600);
  context.fillStyle = ink;
  context.textBaseline = 'top';
  context.fillText(title, MARGIN_PX, MARGIN_PX);
}

/** Pictures on white would otherwise have no edge. */
function frame(
  context: DrawingContext,
  { left, top }: Cell,
  { widthPx, heightPx, scale }: SheetOptions,
): void {
  context.strokeStyle = gridLine;
  context.lineWidth = 1;
  context.beginPath();
  context.rect(left - 0.5, top - 0.5, widthPx * scale + 1, heightPx * scale + 1);
  context.stroke();
}
