import { loadModel } from '../../model/model-folder.js';
import { vaeKind } from '../../model/model-kind.js';
import { loadPipeline } from '../../model/pipeline-folder.js';
import { evolvedFolder, originalPipeline, stageFolder, type Optimization } from './optimization.js';
import { readOptimizationState } from './optimization-state.js';
import { replacePipeline } from './replace-pipeline.js';

/** Writes the pipeline with all that the stages made: the last UNet and its scheduler, and the last VAE. Done twice it is the same. */
export async function assembleModel(optimization: Optimization): Promise<void> {
  const { store, run } = optimization;
  const { done } = readOptimizationState(store, run.id);
  const folder = done.includes('steps')
    ? stageFolder(optimization, 'distilled')
    : evolvedFolder(optimization);
  const pipeline = folder === undefined ? originalPipeline(optimization) : loadPipeline(folder);
  const vae = done.includes('decoder') ? loadModel(vaeKind, stageFolder(optimization, 'vae')) : pipeline.vae;
  const model = {
    pipeline: { ...pipeline, vae },
    architecture: pipeline.architecture,
    weights: pipeline.unet.weights,
  };
  await replacePipeline(optimization, 'model', model);
}
