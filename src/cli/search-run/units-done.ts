import type { SearchEvent } from '../../search/event.js';
import type { Store } from '../../store/store.js';

/** How many units of a search's work are stored; those that failed left nothing behind. */
export function unitsDone(store: Pick<Store, 'readEvents'>, runId: string): number {
  const events = store.readEvents(runId).map(({ event }) => event as SearchEvent);
  return events.filter(({ type }) => type !== 'failed').length;
}
