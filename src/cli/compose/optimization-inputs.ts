import type { OptimizationStage, OptimizeConfig } from '../../config/optimize-config.js';
import { LATENCY_PROTOCOL } from '../../latency/protocol-version.js';
import type { RunRecord } from '../../store/run-record.js';
import { decoderCaptions } from '../optimize-run/decoder-captions.js';
import { stagesOf } from '../optimize-run/stages-of.js';
import { hashModelFolder } from './hash-folder.js';
import { readNamed, type ReadInput } from './read-input.js';
import { hashJson, hashPictures } from './run-inputs.js';
import { searchCaptions } from './scoring-captions.js';
import { trainingPictures } from './training-pictures.js';

/**
 * Hashes of all that the stages of an optimization read from elsewhere, and how it measures; what no stage reads need not be there. With a search among the
 * stages, those of `searchInputs` are among them. Throws where something of it can't be read.
 */
export async function optimizationInputs(
  config: OptimizeConfig,
  reading: ReadInput = readNamed,
): Promise<RunRecord['inputs']> {
  const inputs: Record<string, string> = {};
  for (const [name, hash] of Object.entries(hashesOf(config))) inputs[name] = await reading(name, hash);
  return { ...inputs, measuring: `v${LATENCY_PROTOCOL}` };
}

type Hashes = Readonly<Record<string, () => string | Promise<string>>>;

function hashesOf(config: OptimizeConfig): Hashes {
  const { comparison, decoder, evaluation, evolved, pipeline, search, training } = config;
  const stages = stagesOf(config);
  const isAny = (...some: readonly OptimizationStage[]): boolean =>
    some.some((stage) => stages.includes(stage));
  const readsScorer = isAny('evolve', 'compare') || (isAny('decoder') && decoder.perceptualWeight > 0);
  return {
    pipeline: () => hashModelFolder(pipeline),
    ...(evolved !== null && { evolved: () => hashModelFolder(evolved) }),
    ...(readsScorer && { scorer: () => hashModelFolder(evaluation.scorer) }),
    ...(isAny('evolve') && { captions: () => hashJson(searchCaptions(evaluation, search.captionCount)) }),
    ...(isAny('decoder') && { decoderCaptions: () => hashJson(decoderCaptions(config)) }),
    ...(isAny('compare') && {
      comparisonCaptions: () => hashJson(searchCaptions(evaluation, comparison.captionCount)),
    }),
    ...(isAny('evolve', 'steps', 'compare') && {
      pictures: () => hashPictures(trainingPictures(training.pictures)),
    }),
  };
}
