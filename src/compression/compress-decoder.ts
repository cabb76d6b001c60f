import { unlessAborted } from '../errors/unless-aborted.js';
import { estimateInDecibels } from '../evaluation/psnr.js';
import { initializeParameters } from '../model/initialize-parameters.js';
import type { LoadedModel } from '../model/model-folder.js';
import type { Weights } from '../model/parameters.js';
import type { VaeConfig } from '../model/vae-config.js';
import { vaeDecoderParameters } from '../model/vae.js';
import type { Estimate } from '../statistics/estimate.js';
import { runStage, scheduleOf, type StageRun } from '../training/stage-run.js';
import { decodePictures, squaredErrors } from './decoder-error.js';
import { compareDecoders, type DecoderComparison, type DecoderMeasuring } from './decoder-figures.js';
import { makeDecoderLatents, unscaled, type LatentParts } from './decoder-latents.js';
import type { DecoderPlan } from './decoder-plan.js';
import { decoderStage, type DecoderDistillation } from './decoder-stage.js';
import type { Latents } from './make-latents.js';
import type { PerceptualModel } from './perceptual-features.js';
import { prunedConfig, pruneDecoder, type VaeModel } from './prune-decoder.js';
import { studyChannels } from './study-channels.js';
import { withDecoder } from './with-decoder.js';

/** The pruned decoder, and one of its widths that starts from nothing, to be compared with. */
export type DecoderStage = 'decoder' | 'decoder-from-scratch';

/** Channels are looked at on so many latents, the first of those that are learnt from. */
const studiedLatents = 32;

/** What a decoder is compressed with. */
export interface DecoderParts extends LatentParts {
  readonly vae: LoadedModel<VaeConfig>;
  /** Needed where the plan's `perceptualWeight` is above 0. */
  readonly perceptual?: PerceptualModel;
  readonly measuring: Omit<DecoderMeasuring, 'host' | 'signal'>;
  /** Mean with its confidence interval, such as a bootstrap's. */
  readonly estimateMean: (values: readonly number[]) => Estimate;
}

/** How near decoders come to the original: PSNR in decibels of the mean squared error between their pictures of the held-out latents. */
export interface DecoderLikeness {
  /** Pruned, and not trained yet. */
  readonly pruned: Estimate;
  readonly distilled: Estimate;
  /** Of the same widths, from random weights, trained for as long on the same; null where the plan has none. */
  readonly fromScratch: Estimate | null;
}

/** What is known of a compressed decoder beside its original. */
export interface DecoderReport extends DecoderComparison {
  readonly psnrDb: DecoderLikeness;
}

/** A VAE with a small decoder, and the encoder it had. */
export interface CompressedDecoder {
  readonly vae: LoadedModel<VaeConfig>;
  readonly report: DecoderReport;
}

/**
 * Makes the decoder of a pipeline's VAE smaller (SnapFusion, section 3.2): prunes its channels, has the pipeline make latents from captions, and trains the
 * pruned decoder to draw of them what the original draws; then measures both. Everything lies in `workFolder` as it comes to be, and a later call goes on
 * from there; the folder belongs to one plan and one pipeline. What comes out depends on these and the seed alone, but for the latencies.
 * @returns undefined when the signal stopped it
 * @throws SnapEvoError `DECODER_PRUNE_RATIO`, `DECODER_NOT_EXPRESSIBLE`, and what making latents, training and measuring throw
 */
export function compressDecoder(
  run: StageRun<DecoderStage>,
  parts: DecoderParts,
  plan: DecoderPlan,
): Promise<CompressedDecoder | undefined> {
  return unlessAborted(run.observer.signal, () => compressUnlessAborted(run, parts, plan));
}

async function compressUnlessAborted(
  run: StageRun<DecoderStage>,
  parts: DecoderParts,
  plan: DecoderPlan,
): Promise<CompressedDecoder | undefined> {
  const { vae, measuring } = parts;
  const { host, workFolder, observer } = run;
  const { signal } = observer;
  // a graph of training holds its constants itself
  const teacher = { config: vae.config, weights: new Map(vae.weights) };
  // refuses what can't be before hours go into latents
  prunedConfig(vae.config, plan.ratio);
  const made = await makeDecoderLatents(workFolder, parts, plan, signal);
  if (made === undefined) return undefined;
  const [training, heldOut] = [made.training, made.heldOut].map((latents) =>
    unscaled(latents, vae.config.scalingFactor),
  ) as [Latents, Latents];
  const studied = { ...training, rows: training.rows.slice(0, studiedLatents) };
  const pruned = pruneDecoder(teacher, plan.ratio, await studyChannels(host, teacher, studied, signal));
  const trained = await trainStudents(run, plan, pruned, distillationOf(parts, plan, teacher, training));
  if (trained === undefined) return undefined;
  const psnrDb = await likeness(run, parts, plan, heldOut, { teacher, pruned, ...trained });
  const comparison = await compareDecoders(teacher, trained.distilled, heldOut.shape, {
    ...measuring,
    host,
    signal,
  });
  return { vae: withDecoder(vae, trained.distilled), report: { ...comparison, psnrDb } };
}

interface Students {
  readonly distilled: VaeModel;
  readonly fromScratch: VaeModel | null;
}

/** One after the other, on the same latents in the same order. */
async function trainStudents(
  run: StageRun<DecoderStage>,
  plan: DecoderPlan,
  { config, weights }: VaeModel,
  teaching: Omit<DecoderDistillation, 'student'>,
): Promise<Students | undefined> {
  const parameters = vaeDecoderParameters(config);
  const train = async (name: DecoderStage, firstWeights: () => Weights): Promise<VaeModel | undefined> => {
    const stage = decoderStage({ ...teaching, student: config });
    const trained = await runStage(run, name, plan, { stage, parameters, firstWeights });
    return trained === undefined ? undefined : { config, weights: trained };
  };
  const distilled = await train('decoder', () => weights);
  if (distilled === undefined) return undefined;
  if (!plan.fromScratch) return { distilled, fromScratch: null };
  const fromScratch = await train('decoder-from-scratch', () => initializeParameters(parameters, plan.seed));
  return fromScratch === undefined ? undefined : { distilled, fromScratch };
}

function distillationOf(
  { perceptual }: DecoderParts,
  plan: DecoderPlan,
  teacher: VaeModel,
  latents: Latents,
): Omit<DecoderDistillation, 'student'> {
  const base = { ...scheduleOf(plan, plan.seed), accumulation: plan.accumulation, teacher, latents };
  if (plan.perceptualWeight === 0) return base;
  if (perceptual === undefined) throw new TypeError('expected parts.perceptual, to compare pictures by');
  return { ...base, perceptual: { model: perceptual, weight: plan.perceptualWeight } };
}

async function likeness(
  { host, observer: { signal } }: StageRun<DecoderStage>,
  { estimateMean }: DecoderParts,
  { batch }: DecoderPlan,
  latents: Latents,
  { teacher, pruned, distilled, fromScratch }: Students & Record<'teacher' | 'pruned', VaeModel>,
): Promise<DecoderLikeness> {
  const decode = (vae: VaeModel): Promise<Float32Array[]> =>
    decodePictures(host, vae, latents, batch, signal);
  const wanted = await decode(teacher);
  const psnrOf = async (vae: VaeModel): Promise<Estimate> => {
    const errors = squaredErrors(await decode(vae), wanted);
    return estimateInDecibels(estimateMean(errors));
  };
  return {
    pruned: await psnrOf(pruned),
    distilled: await psnrOf(distilled),
    fromScratch: fromScratch === null ? null : await psnrOf(fromScratch),
  };
}
