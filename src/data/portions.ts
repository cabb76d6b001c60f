/** Items in order, in portions whose sizes come to at most so much; an item that is larger by itself is one. */
export function portions<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  most: number,
): Item[][] {
  const result: Item[][] = [];
  let size = 0;
  for (const item of items) {
    const last = result.at(-1);
    size += sizeOf(item);
    if (last !== undefined && size <= most) {
      last.push(item);
    } else {
      result.push([item]);
      size = sizeOf(item);
    }
  }
  return result;
}
