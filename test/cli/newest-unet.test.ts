import { describe, expect, it } from 'vitest';
import { loadNewestUNet } from '../../src/cli/compose/newest-unet.js';
import { trainedWeights } from '../../src/cli/compose/trained-weights.js';
import type { SearchState } from '../../src/search/state.js';
import { TrainingCheckpoints } from '../../src/training/training-checkpoint.js';
import { initialState } from '../../src/training/training-session.js';
import { start } from '../support/search-fakes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const checkpoints = new TrainingCheckpoints(temporaryFolder());
const load = trainedWeights(checkpoints);

/** Stores weights, and gives the state of a search that stands there. */
function stateWith(weight: number): SearchState {
  const state = initialState(new Map([['conv_in.bias', Float32Array.of(weight)]]));
  return { ...start(), weights: checkpoints.save(state, () => [1]) };
}

describe('loadNewestUNet', () => {
  it('takes the next weights of a search that deletes the ones it was about to load', async () => {
    const [first, second] = [stateWith(1), stateWith(2)];
    const states = [first, second];
    const newest = await loadNewestUNet(() => {
      const state = states.shift();
      checkpoints.prune(new Set([second.weights]));
      return state;
    }, load);
    expect(newest?.weights).toBe(second.weights);
    expect(newest?.parameters.get('conv_in.bias')).toEqual(Float32Array.of(2));
    expect(newest?.architecture).toEqual(second.original);
  });

  it('says what is missing when the search has nothing newer', async () => {
    const state = { ...start(), weights: 'ab'.repeat(32) };
    await expect(loadNewestUNet(() => state, load)).rejects.toMatchObject({ code: 'CHECKPOINT_MISSING' });
  });

  it('knows of none before the first event', async () => {
    expect(await loadNewestUNet(() => undefined, load)).toBeUndefined();
  });
});
