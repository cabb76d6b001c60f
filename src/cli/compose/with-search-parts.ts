import { parseArchitecture } from '../../architecture/canonical-form.js';
import type { SearchConfig } from '../../config/search-config.js';
import type { LatencyEntry } from '../../latency/latency-records.js';
import { architectureCounter } from '../../model/count-architecture.js';
import { loadPipeline } from '../../model/pipeline-folder.js';
import type { Done } from '../../search/state.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { SearchParts, SearchTelling } from '../search-run/conduct-search.js';
import { configuredDevice } from './describe-device.js';
import { hashModelFolder } from './hash-folder.js';
import { measurePictures } from './measure-pictures.js';
import { searchLatencyMeter } from './search-latency-meter.js';
import { searchOptions } from './search-options.js';
import { openSearchScorer } from './search-scorer.js';
import { searchTrainer } from './search-trainer.js';
import { checkpointRecord, savePretrained, searchCheckpoints, trainedWeights } from './trained-weights.js';
import { weightCache } from './weight-cache.js';
import { withDevice } from './with-device.js';

/** A search, and what is to be done after it. */
export interface ComposedSearch extends SearchParts {
  /** See `measurePictures`. Nothing can be scored afterwards. */
  readonly measurePictures: (done: Done, signal: AbortSignal) => Promise<void>;
}

/** Puts together all that a search works with, for as long as the work takes. One device does everything, one thing at a time. */
export async function withSearchParts<T>(
  config: SearchConfig,
  { store, run }: { readonly store: Store; readonly run: RunRecord },
  { display, narrator }: SearchTelling,
  work: (parts: ComposedSearch) => Promise<T>,
): Promise<T> {
  const checkpoints = searchCheckpoints(config.results, run.id);
  const outcome = withDevice(configuredDevice(config.device), async (host) => {
    const models = loadPipeline(config.pipeline, {
      cache: weightCache(config.results),
      variant: config.variant ?? undefined,
    });
    const hashOf = async (input: string, folder: string): Promise<string> =>
      run.inputs[input] ?? hashModelFolder(folder);
    const shared = { host, models, store, display, config };
    const loadTrained = trainedWeights(checkpoints);
    const { scorer, makeRoom, release } = await openSearchScorer({
      ...shared,
      hashes: {
        pipeline: await hashOf('pipeline', config.pipeline),
        scorer: await hashOf('scorer', config.evaluation.scorer),
      },
      loadTrained,
      onSubstitute: (message) => {
        narrator.tellSubstitute(message);
      },
    });
    const { training } = config;
    const trainer = searchTrainer({ ...shared, checkpoints, makeRoom, training, runId: run.id });
    const countArchitecture = architectureCounter(models.unet.config);
    return work({
      options: searchOptions(config),
      original: models.architecture,
      savePretrained: () => savePretrained(checkpoints, models.unet),
      ports: { trainer, scorer, latencyMeter: searchLatencyMeter({ ...shared, narrator, runId: run.id }) },
      countParameters: (canonicalForm) => countArchitecture(parseArchitecture(canonicalForm)),
      describeWeights: (reference, step) => checkpointRecord(checkpoints, reference, step),
      measurePictures: (done, signal) => {
        const hooks = {
          makeRoom: release,
          onPicture: (count: number): void => {
            display.onPicture(count);
          },
          onMeasured: (entry: LatencyEntry): void => {
            narrator.tellImagePart(entry);
          },
        };
        return measurePictures({ ...shared, ...hooks, loadTrained, runId: run.id }, done, signal);
      },
      releaseWeights: (needed) => {
        checkpoints.prune(needed);
      },
    });
  });
  return outcome.finally(() => {
    checkpoints.takeBackAll();
  });
}
