import { latentFiles } from '../../compression/decoder-latents.js';
import { unitsDone } from '../search-run/units-done.js';
import { workFolder, type Optimization } from './optimization.js';
import { readOptimizationState } from './optimization-state.js';

/** What an optimization would not do again, so that it can be told whether more came to it: stages, its search's work, training states, latents, measurements and points. */
export function standingOf(optimization: Pick<Optimization, 'store' | 'run' | 'config'>): string {
  const { store, run } = optimization;
  const state = readOptimizationState(store, run.id);
  return JSON.stringify([
    state,
    state.search === null ? 0 : unitsDone(store, state.search),
    store.readCheckpoints(run.id),
    latentFiles(workFolder(optimization)),
    store.readRunLatencies(run.id).map(({ subject, method }) => [subject, method]),
    store.readMetrics(run.id),
  ]);
}
