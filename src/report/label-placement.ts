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
 * Puts labels beside their anchors, one after the other, each where it covers least of the obstacles and of the labels before it: the first
 * free place from near to far, or the least covered one where none is free.
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
    const best = ranked.reduce((least, next) => (next.covered < least.covered ? next : least)).place;
    taken.push(best);
    return best;
  });
}
