import type { SearchEvent } from './event.js';
import type { JournalEntry } from './ports.js';
import type { SearchState } from './state.js';
import { step, type Transition } from './step.js';

/** What is to be stored of an event and what follows from it. */
export function journalEntry(event: SearchEvent, { state, effects }: Transition): JournalEntry {
  const rows = effects.find((effect) => effect.type === 'record')?.rows ?? {};
  return { event, state, rows };
}

/**
 * What a search stored of each of its events, decided anew.
 * @param start `initialState(...)`
 * @throws as `step` does, at an event that doesn't follow from those before it
 */
export function* replay(start: SearchState, events: Iterable<SearchEvent>): Generator<JournalEntry> {
  let state = start;
  for (const event of events) {
    const entry = journalEntry(event, step(state, event));
    yield entry;
    state = entry.state;
  }
}
