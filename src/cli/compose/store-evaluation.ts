import { hashArchitecture } from '../../architecture/canonical-form.js';
import type { PipelineFigures, ScorerFigures } from '../../evaluation/evaluate-pipeline.js';
import type { Retrieval } from '../../evaluation/retrieval.js';
import type { NewRun } from '../../store/run-record.js';
import type { CliContext } from '../cli-context.js';
import { estimateMetrics, type Metrics } from './estimate-metrics.js';
import type { ModelTarget } from './model-target.js';
import { hashModelFolder } from './hash-folder.js';
import { PRETRAINED } from './open-pipeline.js';
import { withStore } from './open-store.js';

/** Hashes of what a model's figures depend on. Throws `MODEL_UNREADABLE`. */
export async function evaluationInputs(
  { pipelineFolder, unet }: ModelTarget,
  scorerFolders: readonly string[],
): Promise<NewRun['inputs']> {
  const scorers = await Promise.all(scorerFolders.map((folder) => hashModelFolder(folder)));
  return {
    pipeline: await hashModelFolder(pipelineFolder),
    ...Object.fromEntries(
      scorers.map((hash, index) => [index === 0 ? 'scorer' : `scorer ${index + 1}`, hash]),
    ),
    architecture: hashArchitecture(unet.architecture),
    ...(unet.weights === PRETRAINED ? {} : { weights: unet.weights }),
  };
}

/**
 * Stores the figures of a model as a finished run of their own.
 * @returns the run's id
 * @throws as `SqliteStore` does
 */
export function storeEvaluation(
  resultsFolder: string,
  process: Pick<CliContext, 'nowMs' | 'command'>,
  run: Omit<NewRun, 'kind' | 'name'>,
  figures: PipelineFigures,
): Promise<string> {
  return withStore(resultsFolder, process, (store) => {
    const { id } = store.createRun({ ...run, kind: 'evaluate', name: 'evaluate' });
    store.lockRun(id);
    store.putMetrics(id, metricsOf(figures));
    store.endRun(id, 'finished');
    return Promise.resolve(id);
  });
}

/** The first scorer's figures under their own names, those of further scorers under the scorer's. */
function metricsOf({ scorers, vaePsnrDb }: PipelineFigures): Metrics {
  const named = scorers.map((figures, index) => ofScorer(index === 0 ? '' : `${figures.scorer}.`, figures));
  return Object.assign({}, ...named, estimateMetrics('vaePsnrDb', vaePsnrDb)) as Metrics;
}

function ofScorer(
  prefix: string,
  { clipScore, clipScoreOfRealPictures, cmmd, retrieval }: ScorerFigures,
): Metrics {
  return {
    ...estimateMetrics(`${prefix}clipScore`, clipScore),
    ...estimateMetrics(`${prefix}clipScoreOfRealPictures`, clipScoreOfRealPictures),
    [`${prefix}cmmd`]: cmmd,
    ...ofRetrieval(`${prefix}retrieval.generated`, retrieval.generated),
    ...ofRetrieval(`${prefix}retrieval.heldOut`, retrieval.heldOut),
    ...(retrieval.train === null ? {} : ofRetrieval(`${prefix}retrieval.train`, retrieval.train)),
  };
}

const ofRetrieval = (name: string, { recallAt1, recallAt5, among }: Retrieval): Metrics => ({
  [`${name}.recallAt1`]: recallAt1,
  [`${name}.recallAt5`]: recallAt5,
  [`${name}.among`]: among,
});
