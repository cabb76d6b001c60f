/**
 * Results of work on items, in order, with the work on several under way at a time, so that a device need not wait for who reads or uses them. What throws
 * ends it, once all that was begun is over.
 * @param width how many are under way at a time, beside the one whose result was handed out last
 */
export async function* inOrder<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const underWay: Promise<Result>[] = [];
  const begin = (item: Item): void => {
    const begun = work(item);
    // whoever waits for it is told
    begun.catch(() => undefined);
    underWay.push(begun);
  };
  try {
    items.slice(0, width).forEach(begin);
    for (let index = 0; index < items.length; index++) {
      const result = await (underWay.shift() as Promise<Result>);
      items.slice(index + width, index + width + 1).forEach(begin);
      yield result;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
