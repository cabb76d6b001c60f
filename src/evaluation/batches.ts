/** Items a few at a time, in order. */
export function batchesOf<Item>(items: readonly Item[], size: number): (readonly Item[])[] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** Works through items a few at a time, in order; `work` is told which part it has and where that starts. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  size: number,
  work: (part: readonly Item[], start: number) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, part] of batchesOf(items, size).entries()) {
    results.push(...(await work(part, index * size)));
  }
  return results;
}

/** As many items as a fixed batch takes: the last one stands in for those that are missing. */
export function fillBatch<Item>(items: readonly Item[], batch: number): Item[] {
  const last = items.slice(-1);
  return [...items, ...Array.from({ length: batch - items.length }, () => last).flat()];
}

/** Rows of one length, one after another. */
export function stackRows(rows: readonly Float32Array[]): Float32Array {
  const size = rows[0]?.length ?? 0;
  const stacked = new Float32Array(rows.length * size);
  rows.forEach((row, index) => {
    stacked.set(row, index * size);
  });
  return stacked;
}

/** The first `count` rows of a batch, as copies that don't keep the batch alive. */
export function takeRows(stacked: Float32Array, batch: number, count: number): Float32Array[] {
  const size = stacked.length / batch;
  return Array.from({ length: count }, (_, index) => stacked.slice(index * size, (index + 1) * size));
}
