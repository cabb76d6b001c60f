import type { Architecture } from '../../architecture/architecture.js';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import type { Weights } from '../../model/parameters.js';
import type { SearchState } from '../../search/state.js';

/** A search's UNet as it stands. */
export interface NewestUNet {
  readonly architecture: Architecture;
  /** Reference of its weights. */
  readonly weights: string;
  readonly parameters: Weights;
}

/**
 * Loads the newest UNet of a search, its final one when it is over; undefined before the search's first event. A search that is
 * going on deletes weights once it has newer ones: then those are loaded.
 * @throws what loading throws, where the search still needs these weights
 */
export async function loadNewestUNet(
  readState: () => SearchState | undefined,
  load: LoadWeights,
): Promise<NewestUNet | undefined> {
  let state = readState();
  while (state !== undefined) {
    const { weights } = state;
    try {
      return { architecture: newestArchitecture(state), weights, parameters: await load(weights) };
    } catch (error) {
      state = readState();
      if (state?.weights === weights) throw error;
    }
  }
  return undefined;
}

/** The chosen one, or as long as there is none, that of the round. */
function newestArchitecture(state: SearchState): Architecture {
  if ('chosen' in state) return state.chosen.architecture;
  return 'current' in state ? state.current.architecture : state.original;
}
