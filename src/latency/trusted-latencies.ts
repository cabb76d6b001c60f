import type { LatencyEntry, LatencyMethod, LatencyStore, LatencyTableKey } from './latency-records.js';
import type { LatencyWarning } from './latency-warning.js';

/** The measurements that somebody goes by, whatever becomes of those that all share. */
export interface OwnLatencies {
  put(entry: LatencyEntry): void;
  find(subject: string, method: LatencyMethod): LatencyEntry | undefined;
}

/** What is measured again where others left it so. */
const doubtful: readonly LatencyWarning[] = ['unstable', 'throttled', 'busy-machine'];

/**
 * Measurements that all share, as a run sees them. What it has measured, or once gone by, it goes by to its end, so that
 * its latencies compare however often others measure the same. What others left it takes over where they left it
 * stable; the rest it measures again, once.
 */
export class TrustedLatencies implements LatencyStore {
  readonly #shared: LatencyStore;
  readonly #own: OwnLatencies;
  readonly #takesOver: boolean;

  /** @param settings.remeasure takes nothing over */
  constructor(shared: LatencyStore, own: OwnLatencies, { remeasure }: { readonly remeasure: boolean }) {
    this.#shared = shared;
    this.#own = own;
    this.#takesOver = !remeasure;
  }

  putLatencyEntry(key: LatencyTableKey, entry: LatencyEntry): void {
    // whoever is killed in between measures again; the other way about, others could not tell what the run goes by
    this.#shared.putLatencyEntry(key, entry);
    this.#own.put(entry);
  }

  readLatencyEntry(key: LatencyTableKey, subject: string, method: LatencyMethod): LatencyEntry | undefined {
    const own = this.#own.find(subject, method);
    if (own !== undefined || !this.#takesOver) return own;
    const shared = this.#shared.readLatencyEntry(key, subject, method);
    if (shared === undefined || doubtful.some((flag) => shared.flags.includes(flag))) return undefined;
    this.#own.put(shared);
    return shared;
  }
}

/** Own measurements that are forgotten with the object. */
export function ownLatenciesInMemory(): OwnLatencies {
  const entries: LatencyEntry[] = [];
  return {
    put: (entry) => void entries.push(entry),
    find: (subject, method) =>
      entries.findLast((entry) => entry.subject === subject && entry.method === method),
  };
}
