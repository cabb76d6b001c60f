import type { SearchConfig } from '../../config/search-config.js';
import type { SearchOptions } from '../../search/search-options.js';

/** All that decisions depend on: of what the latencies are, the search need not know. Without int8 they are what they were before there was any. */
export function searchOptions({ search, seed }: Pick<SearchConfig, 'search' | 'seed'>): SearchOptions {
  const { scope: _, quantize, ...options } = search;
  return { ...options, seed, ...(quantize ? { quantize } : {}) };
}
