import { join } from 'node:path';
import { initializeParameters } from '../model/initialize-parameters.js';
import { loadModel } from '../model/model-folder.js';
import { vaeKind } from '../model/model-kind.js';
import type { CaptionedPictures } from './captioned-pictures.js';
import { encodeLatents, latentScale } from './encode-latents.js';
import { runPretrainStage, scheduleOf, type Pretraining } from './pretrain-stage.js';
import { vaeStage } from './vae-stage.js';
import { parseComponent, writeComponent } from './write-pretrained.js';

/** Trains the VAE and writes it, with the scale of its latents, to the pipeline's folder. Gives whether it came to its end. */
export async function pretrainVae(pretraining: Pretraining, pictures: CaptionedPictures): Promise<boolean> {
  const { plan, host } = pretraining;
  const { divergenceWeight, startFrom } = plan.vae;
  const config = parseComponent(vaeKind, plan.vae.config);
  const parameters = vaeKind.parameters(config);
  const trained = await runPretrainStage(pretraining, 'vae', {
    stage: vaeStage({ config, pictures, divergenceWeight, ...scheduleOf(plan.vae, plan.seed) }),
    parameters,
    firstWeights: () =>
      startFrom === null
        ? initializeParameters(parameters, plan.seed)
        : loadModel(vaeKind, join(startFrom, 'vae')).weights,
  });
  if (trained === undefined) return false;
  const latents = await encodeLatents(host, config, trained, pictures.images);
  const scaled = { ...plan.vae.config, scaling_factor: Number(latentScale(latents).toPrecision(6)) };
  writeComponent(vaeKind, join(plan.out.pipeline, 'vae'), scaled, trained);
  return true;
}
