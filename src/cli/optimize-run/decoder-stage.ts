import { rmSync } from 'node:fs';
import { compressDecoder, type DecoderParts } from '../../compression/compress-decoder.js';
import { keyedGenerator } from '../../diffusion/gaussian.js';
import { systemClock } from '../../latency/clock.js';
import { loadForRunning } from '../../model/in-place-weights.js';
import { writeModel } from '../../model/model-folder.js';
import { clipKind, vaeKind } from '../../model/model-kind.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import { bootstrapMean } from '../../search/bootstrap.js';
import { scheduleOf } from '../../training/stage-run.js';
import { tasksOn } from '../comparison/comparison-parts.js';
import { configuredDevice } from '../compose/describe-device.js';
import { openPipeline, PRETRAINED } from '../compose/open-pipeline.js';
import { readClipPreprocessing } from '../compose/read-clip-preprocessing.js';
import { weightCache } from '../compose/weight-cache.js';
import { withDevice } from '../compose/with-device.js';
import { decoderCaptions, type DecoderCaptions } from './decoder-captions.js';
import { decoderMetrics } from './decoder-metrics.js';
import {
  originalPipeline,
  stageFolder,
  stageObserver,
  workFolder,
  type Optimization,
} from './optimization.js';
import { recordFolder } from './record-folder.js';

/** Compresses the decoder of the pipeline's VAE, and writes the VAE with it. Gives whether it came to its end. */
export async function decoderStage(optimization: Optimization): Promise<boolean> {
  const { store, run, config, context } = optimization;
  const plan = { ...config.decoder, seed: config.seed };
  const captions = decoderCaptions(config);
  if (captions.unseen === 0) context.terminal.note(NONE_UNSEEN);
  const compressed = await withDevice(configuredDevice(config.device), (host) => {
    const observer = stageObserver(optimization, () => scheduleOf(plan, plan.seed));
    const stages = { host, workFolder: workFolder(optimization), observer };
    return compressDecoder(stages, decoderParts(optimization, host, captions), plan);
  });
  if (compressed === undefined) return false;
  const folder = stageFolder(optimization, 'vae');
  // what an interrupted try may have left
  rmSync(folder, { recursive: true, force: true });
  writeModel(vaeKind, folder, compressed.vae);
  await recordFolder(optimization, 'vae');
  store.putMetrics(run.id, {
    ...decoderMetrics(compressed.report),
    'decoder.unseenCaptions': captions.unseen,
  });
  return true;
}

const NONE_UNSEEN =
  'All captions at hand are of pictures that are trained on: the small decoder’s PSNR is of latents that differ from those it learns from by their noise alone. `evaluation.captions` can name others.';

function decoderParts(optimization: Optimization, host: DeviceHost, captions: DecoderCaptions): DecoderParts {
  const { config, context } = optimization;
  const { evaluation, latency, seed } = config;
  const models = originalPipeline(optimization);
  const sampler = config.decoder.sampler ?? evaluation.sampler ?? undefined;
  const onSubstitute = (message: string): void => {
    context.terminal.note(message);
  };
  return {
    vae: models.vae,
    unet: { architecture: models.architecture, weights: PRETRAINED },
    openGenerator: (settings) => openPipeline(host, models, settings, { sampler, onSubstitute }),
    captions,
    onLatents: latentProgress(optimization),
    ...(config.decoder.perceptualWeight === 0 ? {} : { perceptual: perceptualModel(optimization) }),
    measuring: {
      settings: latency.endToEnd,
      clock: systemClock,
      random: keyedGenerator({ seed, index: 0 }),
    },
    estimateMean: (values) => bootstrapMean(values, { seed, round: 0 }),
  };
}

function perceptualModel({ config }: Optimization): NonNullable<DecoderParts['perceptual']> {
  const { scorer } = config.evaluation;
  return {
    ...loadForRunning(clipKind, scorer, weightCache(config.results)),
    preprocessing: readClipPreprocessing(scorer),
  };
}

function latentProgress({ context }: Optimization): NonNullable<DecoderParts['onLatents']> {
  const onTask = tasksOn(context.terminal.progress);
  return (use, done, total) => {
    onTask(`latents, ${use === 'training' ? 'to learn from' : 'held out'}`, done, total);
  };
}
