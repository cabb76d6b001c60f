/** Where a point stands on the two axes of the trade-off. */
export interface CostAndQuality {
  /** Less is better. */
  readonly cost: number;
  /** More is better. */
  readonly quality: number;
}

/**
 * The points that no other point beats: another beats one when it costs no more, is no worse, and is better in one of the two.
 * Equal points do not beat each other, so all of them stay. Sorted by cost; O(n log n).
 */
export function paretoFront<T>(points: readonly T[], measure: (point: T) => CostAndQuality): readonly T[] {
  const ranked = points
    .map((point) => ({ point, ...measure(point) }))
    .sort((a, b) => a.cost - b.cost || b.quality - a.quality);
  const front: typeof ranked = [];
  for (const candidate of ranked) {
    const last = front.at(-1);
    const isEqual = candidate.cost === last?.cost && candidate.quality === last.quality;
    if (last === undefined || candidate.quality > last.quality || isEqual) front.push(candidate);
  }
  return front.map(({ point }) => point);
}
