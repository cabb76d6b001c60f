import type { Architecture } from '../../architecture/architecture.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import type { Weights } from '../../model/parameters.js';
import type { SearchState } from '../../search/state.js';

/** A search's UNet as it stands. */
export interface NewestUNet {
  readonly architecture: Architecture;
  /** Reference of its weights. */
  readonly weights: string;
  readonly parameters: Weights;
  /** That the search is in; undefined where it is in none. */
  readonly round: number | undefined;
}

/** A search that somebody may be working on meanwhile. */
export interface WatchedSearch {
  /** Where it stands; undefined before its first event. */
  readonly readState: () => SearchState | undefined;
  readonly load: LoadWeights;
  /** Whether the weights of a reference are there. */
  readonly has: (reference: string) => boolean;
}

/**
 * Works with the newest UNet of a search, its final one when it is over; with none before the search's first event. A search that is
 * going on deletes weights once it has newer ones: where that fails the work, it is done again with those.
 * @throws what loading and the work throw, where these weights are there or the search still needs them
 */
export async function withNewestUNet<T>(
  { readState, load, has }: WatchedSearch,
  work: (unet: NewestUNet | undefined) => Promise<T>,
): Promise<T> {
  let state = readState();
  while (state !== undefined) {
    const { weights } = state;
    try {
      return await withWeights(load, state, work);
    } catch (error) {
      state = readState();
      const areGone = error instanceof SnapEvoError && state?.weights !== weights && !has(weights);
      if (!areGone) throw error;
    }
  }
  return work(undefined);
}

async function withWeights<T>(
  load: LoadWeights,
  state: SearchState,
  work: (unet: NewestUNet) => Promise<T>,
): Promise<T> {
  const { weights } = state;
  const { weights: parameters, giveBack } = await load(weights);
  const round = 'round' in state ? state.round : undefined;
  try {
    return await work({ architecture: newestArchitecture(state), weights, parameters, round });
  } finally {
    giveBack?.();
  }
}

/** The chosen one, or as long as there is none, that of the round. */
function newestArchitecture(state: SearchState): Architecture {
  if ('chosen' in state) return state.chosen.architecture;
  return 'current' in state ? state.current.architecture : state.original;
}
