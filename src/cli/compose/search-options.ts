import type { SearchConfig } from '../../config/search-config.js';
import type { SearchOptions } from '../../search/search-options.js';

/** All that decisions depend on: of what the latencies are, the search need not know. */
export function searchOptions({ search, seed }: Pick<SearchConfig, 'search' | 'seed'>): SearchOptions {
  const { scope: _, ...options } = search;
  return { ...options, seed };
}
