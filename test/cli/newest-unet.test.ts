import { describe, expect, it } from 'vitest';
import { withNewestUNet, type NewestUNet } from '../../src/cli/compose/newest-unet.js';
import { trainedWeights } from '../../src/cli/compose/trained-weights.js';
import { SnapEvoError } from '../../src/errors/snapevo-error.js';
import type { SearchState } from '../../src/search/state.js';
import { TrainingCheckpoints } from '../../src/training/training-checkpoint.js';
import { initialState } from '../../src/training/training-session.js';
import { start } from '../support/search-fakes.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder();
const checkpoints = new TrainingCheckpoints(folder);
const load = trainedWeights(checkpoints);

/** Stores weights, and gives the state of a search that stands there. */
function stateWith(weight: number): SearchState {
  const state = initialState(new Map([['conv_in.bias', Float32Array.of(weight)]]));
  return { ...start(), weights: checkpoints.save(state, () => [1]) };
}

describe('the newest UNet of a search', () => {
  const has = (reference: string): boolean => checkpoints.has(reference);
  const nothing = (): Promise<'done'> => Promise.resolve('done');

  it('is the next one when the search deletes the weights that were about to be loaded', async () => {
    const [first, second] = [stateWith(1), stateWith(2)];
    const states = [first, second];
    const readState = (): SearchState | undefined => {
      const state = states.shift();
      checkpoints.prune(new Set([second.weights]));
      return state;
    };
    const newest = await withNewestUNet({ readState, load, has }, (unet) => Promise.resolve(unet));
    expect(newest?.weights).toBe(second.weights);
    expect(newest?.parameters.get('conv_in.bias')).toEqual(Float32Array.of(2));
    expect(newest?.architecture).toEqual(second.original);
  });

  it('is worked with anew when the search deletes its weights meanwhile', async () => {
    const [first, second] = [stateWith(3), stateWith(4)];
    const states = [first, second];
    const inPlace = trainedWeights(new TrainingCheckpoints(folder), 0);
    const work = (unet: NewestUNet | undefined): Promise<Float32Array | undefined> => {
      checkpoints.prune(new Set([second.weights]));
      return Promise.resolve(unet?.parameters.get('conv_in.bias'));
    };
    const search = { readState: () => states.shift(), load: inPlace, has };
    expect(await withNewestUNet(search, work)).toEqual(Float32Array.of(4));
  });

  it('is worked with once when the work fails for another reason', async () => {
    const [first, second] = [stateWith(5), stateWith(6)];
    for (const [failure, removed] of [
      [new SnapEvoError({ code: 'NO_ROOM', message: 'no room' }), false],
      [new Error('stopped'), true],
    ] as const) {
      const states = [first, second];
      let tries = 0;
      const work = (): Promise<never> => {
        tries += 1;
        if (removed) checkpoints.prune(new Set([second.weights]));
        return Promise.reject(failure);
      };
      const search = { readState: () => states.shift(), load, has };
      await expect(withNewestUNet(search, work)).rejects.toBe(failure);
      expect(tries).toBe(1);
    }
  });

  it('is said to be missing when the search has nothing newer', async () => {
    const state = { ...start(), weights: 'ab'.repeat(32) };
    await expect(withNewestUNet({ readState: () => state, load, has }, nothing)).rejects.toMatchObject({
      code: 'CHECKPOINT_MISSING',
    });
  });

  it('is none before the first event', async () => {
    const unet = await withNewestUNet({ readState: () => undefined, load, has }, (none) =>
      Promise.resolve(none),
    );
    expect(unet).toBeUndefined();
  });
});
