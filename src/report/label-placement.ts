/** In pixels; y grows downwards. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface LabelRequest {
  readonly anchor: Point;
  readonly width: number;
  readonly height: number;
}

/** Directions to try, the most readable first: right, left, above, below, then the corners. */
const directions: readonly Point[] = [
  { x: 1, y: 0 },
  { x: 0, y: -1 },
  { x: 0, y: 1 },
  { x: -1, y: 0 },
  { x: 1, y: -1 },
  { x: 1, y: 1 },
  { x: -1, y: -1 },
  { x: -1, y: 1 },
];
const distances: readonly number[] = [16, 30, 48, 72, 100, 140];
/** Between a label and what it lies against. */
const gapPx = 4;

export function overlapArea(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}

function boxAt({ anchor, width, height }: LabelRequest, direction: Point, distance: number): Box {
  const left = anchor.x + direction.x * (distance + width / 2) - width / 2;
  const top = anchor.y + direction.y * (distance + height / 2) - height / 2;
  return { left, top, width, height };
}

function isInside(box: Box, area: Box): boolean {
  const fitsAcross = box.left >= area.left && box.left + box.width <= area.left + area.width;
  return fitsAcross && box.top >= area.top && box.top + box.height <= area.top + area.height;
}

/**
 * The free place nearest to the anchor, of all there are in the area: pushed left and up as far as it goes, a box that is
 * free anywhere comes to lie against a side of the area or of what is taken, in each direction; likewise right and down.
 */
function nearestFreePlace(
  { anchor, width, height }: LabelRequest,
  taken: readonly Box[],
  area: Box,
): Box | undefined {
  const lefts = [area, ...taken].flatMap((box, index) => sidesFor(box.left, box.width, width, index > 0));
  const tops = [area, ...taken].flatMap((box, index) => sidesFor(box.top, box.height, height, index > 0));
  const distanceTo = (box: Box): number =>
    Math.hypot(box.left + width / 2 - anchor.x, box.top + height / 2 - anchor.y);
  return lefts
    .flatMap((left) => tops.map((top) => ({ left, top, width, height })))
    .filter((box) => isInside(box, area))
    .sort((one, other) => distanceTo(one) - distanceTo(other))
    .find((box) => taken.every((other) => overlapArea(box, other) === 0));
}

/** Where a box of that size lies against the two ends of another, outside it or inside. */
function sidesFor(start: number, length: number, size: number, outside: boolean): readonly number[] {
  return outside ? [start - size - gapPx, start + length + gapPx] : [start, start + length - size];
}

/**
 * Puts labels beside their anchors, one after the other: each into the first place from near to far that is free of the
 * obstacles and of the labels before it, else into the nearest free one wherever it is, else where it covers least.
 * @returns one box a request, in order, within `area` wherever one of the tried places is
 */
export function placeLabels(
  requests: readonly LabelRequest[],
  obstacles: readonly Box[],
  area: Box,
): readonly Box[] {
  const taken = [...obstacles];
  return requests.map((request) => {
    const places = distances.flatMap((distance) => directions.map((way) => boxAt(request, way, distance)));
    const inside = places.filter((place) => isInside(place, area));
    const coveredBy = (place: Box): number => taken.reduce((sum, box) => sum + overlapArea(place, box), 0);
    const ranked = (inside.length > 0 ? inside : places).map((place) => ({
      place,
      covered: coveredBy(place),
    }));
    const least = ranked.reduce((one, next) => (next.covered < one.covered ? next : one));
    const isFree = least.covered === 0 && inside.length > 0;
    const best = isFree ? least.place : (nearestFreePlace(request, taken, area) ?? least.place);
    taken.push(best);
    return best;
  });
}
