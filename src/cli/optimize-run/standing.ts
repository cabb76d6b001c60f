import { latentFiles } from '../../compression/decoder-latents.js';
import { workFolder, type Optimization } from './optimization.js';

/** What an optimization would not do again, so that it can be told whether more came to it: stages, training states, latents, measurements and points. */
export function standingOf(optimization: Pick<Optimization, 'store' | 'run' | 'config'>): string {
  const { store, run } = optimization;
  return JSON.stringify([
    store.readState(run.id),
    store.readCheckpoints(run.id),
    latentFiles(workFolder(optimization)),
    store.readRunLatencies(run.id).map(({ subject, method }) => [subject, method]),
    store.readMetrics(run.id),
  ]);
}
