import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Architecture } from '../../architecture/architecture.js';
import { searchConfigSchema } from '../../config/search-config.js';
import type { UNetChoice } from '../../evaluation/text-to-image-pipeline.js';
import type { LoadWeights } from '../../evaluation/unet-sessions.js';
import { loadPipeline, type Pipeline } from '../../model/pipeline-folder.js';
import { unetArchitecture } from '../../model/unet-architecture.js';
import type { SearchState } from '../../search/state.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { readSearchState } from '../search-run/read-search-state.js';
import { noRun, selectRun } from '../select-run.js';
import { PRETRAINED } from './open-pipeline.js';
import { readStore } from './open-store.js';
import { storedConfig } from './stored-config.js';
import { searchCheckpoints, trainedWeights } from './trained-weights.js';

/** A model to work with: a pipeline, and which UNet it runs. */
export interface ModelTarget {
  /** The folder or the run's id. */
  readonly name: string;
  readonly models: Pipeline;
  readonly unet: UNetChoice;
  readonly loadTrained?: LoadWeights;
}

/**
 * The pipeline of a folder as it is; or of a search, with its final or newest UNet.
 * @param given a folder, or as `selectRun` takes it; the newest search when undefined
 * @throws what reading the pipeline throws; SnapEvoError as `selectRun` does
 */
export function openTarget(
  given: string | undefined,
  resultsFolder: string,
  { currentFolder, nowMs }: Pick<CliContext, 'currentFolder' | 'nowMs'>,
): ModelTarget {
  const folder = resolve(currentFolder, given ?? '');
  if (given !== undefined && existsSync(join(folder, 'model_index.json'))) return folderTarget(given, folder);
  return readStore(
    resultsFolder,
    nowMs,
    (store) => runTarget(store, given, resultsFolder),
    () => {
      throw noRun({ kinds: ['search'] });
    },
  );
}

function folderTarget(name: string, folder: string): ModelTarget {
  const models = loadPipeline(folder);
  return { name, models, unet: originalUNet(models) };
}

function runTarget(store: Store, given: string | undefined, resultsFolder: string): ModelTarget {
  const run = selectRun(store, given, { kinds: ['search'] });
  const models = loadPipeline(storedConfig(searchConfigSchema, run).pipeline);
  const state = readSearchState(store, run.id);
  if (state === undefined) return { name: run.id, models, unet: originalUNet(models) };
  const loadTrained = trainedWeights(searchCheckpoints(resultsFolder, run.id));
  const unet = { architecture: newestArchitecture(state), weights: state.weights };
  return { name: run.id, models, unet, loadTrained };
}

/** The chosen one, or as long as there is none, that of the round. */
function newestArchitecture(state: SearchState): Architecture {
  if ('chosen' in state) return state.chosen.architecture;
  return 'current' in state ? state.current.architecture : state.original;
}

function originalUNet({ unet }: Pipeline): UNetChoice {
  return { architecture: unetArchitecture(unet.config), weights: PRETRAINED };
}
