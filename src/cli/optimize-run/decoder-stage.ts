import {
  compressDecoder,
  type DecoderParts,
  type DecoderReport,
} from '../../compression/compress-decoder.js';
import type { OptimizeConfig } from '../../config/optimize-config.js';
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
import { estimateMetrics, type Metrics } from '../compose/estimate-metrics.js';
import { openPipeline, PRETRAINED } from '../compose/open-pipeline.js';
import { readClipPreprocessing } from '../compose/read-clip-preprocessing.js';
import { searchCaptions } from '../compose/scoring-captions.js';
import { trainingPictures } from '../compose/training-pictures.js';
import { weightCache } from '../compose/weight-cache.js';
import { withDevice } from '../compose/with-device.js';
import {
  originalPipeline,
  stageFolder,
  stageObserver,
  workFolder,
  type Optimization,
} from './optimization.js';

/** Compresses the decoder of the pipeline's VAE, and writes the VAE with it. Gives whether it came to its end. */
export async function decoderStage(optimization: Optimization): Promise<boolean> {
  const { store, run, config } = optimization;
  const plan = { ...config.decoder, seed: config.seed };
  const compressed = await withDevice(configuredDevice(config.device), (host) => {
    const observer = stageObserver(optimization, () => scheduleOf(plan, plan.seed));
    const stages = { host, workFolder: workFolder(optimization), observer };
    return compressDecoder(stages, decoderParts(optimization, host), plan);
  });
  if (compressed === undefined) return false;
  writeModel(vaeKind, stageFolder(optimization, 'vae'), compressed.vae);
  store.putMetrics(run.id, metricsOf(compressed.report));
  return true;
}

function decoderParts(optimization: Optimization, host: DeviceHost): DecoderParts {
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
    captions: decoderCaptions(config),
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

/** Latents are learnt from that are made of what is trained on; figures are of others. Throws as {@link searchCaptions} does. */
export function decoderCaptions({
  evaluation,
  search,
  training,
}: Pick<OptimizeConfig, 'evaluation' | 'search' | 'training'>): DecoderParts['captions'] {
  return {
    training: trainingPictures(training.pictures).map(({ captions: [main] }) => main),
    heldOut: searchCaptions({ ...evaluation, split: 'held-out' }, search.captionCount),
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

/** Under `decoder.`; see the README. */
function metricsOf({ original, small, latencyRatio, psnrDb }: DecoderReport): Metrics {
  const { pruned, distilled, fromScratch } = psnrDb;
  return {
    'decoder.original.parameters': original.parameters,
    'decoder.small.parameters': small.parameters,
    'decoder.original.macs': original.macs,
    'decoder.small.macs': small.macs,
    ...estimateMetrics('decoder.original.latencyMs', original.latencyMs),
    ...estimateMetrics('decoder.small.latencyMs', small.latencyMs),
    ...estimateMetrics('decoder.latencyRatio', latencyRatio),
    ...estimateMetrics('decoder.psnrDb.pruned', pruned),
    ...estimateMetrics('decoder.psnrDb.distilled', distilled),
    ...(fromScratch === null ? {} : estimateMetrics('decoder.psnrDb.fromScratch', fromScratch)),
  };
}
