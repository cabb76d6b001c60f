import { join } from 'node:path';
import { initializeParameters } from '../model/initialize-parameters.js';
import { loadModel } from '../model/model-folder.js';
import { vaeKind } from '../model/model-kind.js';
import type { CaptionedPictures } from './captioned-pictures.js';
import { encodeLatents, latentScale } from './encode-latents.js';
import type { Pretraining } from './pretrain-stage.js';
import { runStage, scheduleOf } from './stage-run.js';
import { isEncoders, vaeStage } from './vae-stage.js';
import { parseComponent, writeComponent } from './write-pretrained.js';

/** Trains the VAE and writes it, with the scale of its latents, to the pipeline's folder. Gives whether it came to its end. */
export async function pretrainVae(pretraining: Pretraining, pictures: CaptionedPictures): Promise<boolean> {
  const { plan, host } = pretraining;
  const { divergenceWeight, startFrom } = plan.vae;
  const config = parseComponent(vaeKind, plan.vae.config);
  const parameters = vaeKind.parameters(config);
  const trained = await runStage(pretraining, 'vae', plan.vae, {
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

/**
 * Trains the decoder of the pipeline's VAE further while its encoder, and so what latents mean, stays as it is; a UNet trained on them
 * goes on fitting. Stable Diffusion's own VAEs were finished like this (`sd-vae-ft-mse`). Gives whether it came to its end.
 */
export async function pretrainDecoder(
  pretraining: Pretraining,
  pictures: CaptionedPictures,
): Promise<boolean> {
  const { plan } = pretraining;
  if (plan.decoder === null) return true;
  const folder = join(plan.out.pipeline, 'vae');
  const vae = loadModel(vaeKind, folder);
  const training = { config: vae.config, pictures, divergenceWeight: 0, frozenEncoder: vae.weights };
  const trained = await runStage(pretraining, 'decoder', plan.decoder, {
    stage: vaeStage({ ...training, ...scheduleOf(plan.decoder, plan.seed + 4) }),
    parameters: vaeKind.parameters(vae.config).filter(({ name }) => !isEncoders(name)),
    firstWeights: () => new Map([...vae.weights].filter(([name]) => !isEncoders(name))),
  });
  if (trained === undefined) return false;
  const scaled = { ...plan.vae.config, scaling_factor: vae.config.scalingFactor };
  writeComponent(vaeKind, folder, scaled, new Map([...vae.weights, ...trained]));
  return true;
}
