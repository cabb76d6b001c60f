import type { OptimizeConfig } from '../../config/optimize-config.js';
import type { PretrainConfig } from '../../config/pretrain-config.js';
import type { SearchConfig } from '../../config/search-config.js';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { RunRecord } from '../../store/run-record.js';
import { checkClip, checkPipeline } from './check-models.js';
import { hashModelFolder } from './hash-folder.js';
import { optimizationInputs } from './optimization-inputs.js';
import type { ReadInput } from './read-input.js';
import { pretrainInputs, searchInputs } from './run-inputs.js';

/** Inputs of runs that were started with them: what is missing since is told as missing, and not as another model. */

/**
 * Hashes of all that a stored search reads from elsewhere.
 * @throws SnapEvoError `RUN_INPUT_UNREADABLE`
 */
export async function storedSearchInputs(run: RunRecord, config: SearchConfig): Promise<RunRecord['inputs']> {
  const found = await searchInputs(config, inputsOf);
  await requireModels(run, config, found);
  return found;
}

/** Hashes of all that a stored optimization reads from elsewhere. Throws as {@link storedSearchInputs} does. */
export async function storedOptimizationInputs(
  run: RunRecord,
  config: OptimizeConfig,
): Promise<RunRecord['inputs']> {
  const found = await optimizationInputs(config, inputsOf);
  await requireModels(run, config, found);
  return found;
}

/** Hashes of all that a stored pretraining reads from elsewhere. Throws as {@link storedSearchInputs} does. */
export function storedPretrainInputs(config: PretrainConfig): Promise<RunRecord['inputs']> {
  return pretrainInputs(config, inputsOf);
}

/** What a search opens its pipeline by. */
type PipelineConfig = Pick<SearchConfig, 'pipeline' | 'variant'> & {
  readonly evaluation: Pick<SearchConfig['evaluation'], 'sampler'>;
};

/** The hash of a stored search's pipeline. Throws as {@link storedSearchInputs} does. */
export async function storedPipelineHash(run: RunRecord, config: PipelineConfig): Promise<string> {
  const pipeline = await inputsOf('pipeline', () => hashModelFolder(config.pipeline));
  if (isChanged('pipeline', run, { pipeline })) await requirePipeline(config);
  return pipeline;
}

/** Models that are others now can be opened all the same. */
async function requireModels(
  run: RunRecord,
  config: SearchConfig | OptimizeConfig,
  found: RunRecord['inputs'],
): Promise<void> {
  if (isChanged('pipeline', run, found)) await requirePipeline(config);
  if (isChanged('scorer', run, found))
    await inputsOf('scorer', () => {
      checkClip(config.evaluation.scorer);
    });
}

/** What the run has no record of may never have been whole; what is not found is not read any more. */
function isChanged(name: string, { inputs }: RunRecord, found: RunRecord['inputs']): boolean {
  return inputs[name] !== undefined && found[name] !== undefined && inputs[name] !== found[name];
}

function requirePipeline({ pipeline, variant, evaluation }: PipelineConfig): Promise<void> {
  return inputsOf('pipeline', () => {
    checkPipeline(pipeline, variant ?? undefined, evaluation.sampler ?? undefined);
  });
}

const inputsOf: ReadInput = async (name, read) => {
  try {
    return await read();
  } catch (error) {
    throw error instanceof SnapEvoError ? unreadable(name, error) : error;
  }
};

function unreadable(name: string, cause: SnapEvoError): SnapEvoError {
  return new SnapEvoError({
    code: 'RUN_INPUT_UNREADABLE',
    message: `${name}: expected what the run was started with, found what can't be read: ${cause.message}`,
    ...(cause.where === undefined ? {} : { where: cause.where }),
    hint: 'Put back what is missing or was changed, or start a new run; no --force goes on without it.',
    fault: cause.fault,
    cause,
  });
}
