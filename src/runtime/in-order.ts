/**
 * Results of work on items, in order, with the work on several under way at a time, so that a device need not wait for who reads or uses them. The first
 * is begun at once, before anyone asks for a result. What throws ends it, once all that was begun is over.
 * @param width how many are under way at a time, beside the one whose result was handed out last
 */
export function inOrder<Item, Result>(
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
  items.slice(0, width).forEach(begin);
  async function* results(): AsyncGenerator<Result, void, undefined> {
    try {
      for (let index = 0; index < items.length; index++) {
        const result = await (underWay.shift() as Promise<Result>);
        items.slice(index + width, index + width + 1).forEach(begin);
        yield result;
      }
    } finally {
      await Promise.allSettled(underWay);
    }
  }
  return results();
}
