import type { LoadedModel } from '../model/model-folder.js';
import type { VaeConfig } from '../model/vae-config.js';
import type { DeviceHost } from '../runtime/device-host.js';
import type { Estimate } from '../search/estimate.js';
import { inBatches } from './batches.js';
import type { ClipModel } from './clip-model.js';
import { cosines } from './cosine.js';
import type { Picture } from './picture.js';
import { peakSignalToNoiseDb } from './psnr.js';
import { measureRetrieval, type Retrieval } from './retrieval.js';
import type {
  GenerationHooks,
  PictureRequest,
  TextToImagePipeline,
  UNetChoice,
} from './text-to-image-pipeline.js';
import { vaeSquaredErrors } from './vae-error.js';

/** Pictures with a caption each. */
export interface CaptionedSet {
  readonly pictures: readonly Picture[];
  readonly captions: readonly string[];
}

/** A pipeline, a scorer and the pictures and captions they are measured on. */
export interface PipelineEvaluation {
  readonly host: DeviceHost;
  readonly pipeline: TextToImagePipeline;
  readonly unet: UNetChoice;
  readonly vae: Pick<LoadedModel<VaeConfig>, 'config' | 'weights'>;
  readonly clip: ClipModel;
  /** Real pictures that the models were trained on, and others that they were not. */
  readonly train: CaptionedSet;
  readonly heldOut: CaptionedSet;
  /** What pictures are made of, each from the noise of (seed, its index). */
  readonly prompts: readonly string[];
  readonly seed: number;
  /** Mean with its confidence interval, such as a bootstrap's. */
  readonly estimateMean: (values: readonly number[]) => Estimate;
  readonly hooks?: GenerationHooks;
}

/** What is known of a pipeline and its scorer. */
export interface PipelineFigures {
  /** CLIP score of the pictures made. */
  readonly clipScore: Estimate;
  /** CLIP score of real pictures that were held out: what the best pipeline would come near to. */
  readonly clipScoreOfRealPictures: Estimate;
  /** How well the scorer finds captions of real pictures, and those of the pictures made. */
  readonly retrieval: Readonly<Record<'train' | 'heldOut' | 'generated', Retrieval>>;
  /** Of held-out pictures after encoding and decoding, from their mean squared error. */
  readonly vaePsnrDb: Estimate;
}

/** Measures a pipeline. Throws what making and scoring pictures throws, and the signal's reason. */
export async function evaluatePipeline(evaluation: PipelineEvaluation): Promise<PipelineFigures> {
  const { host, vae, heldOut, pipeline, estimateMean } = evaluation;
  const train = await embedSet(evaluation.clip, evaluation.train);
  const real = await embedSet(evaluation.clip, heldOut);
  const made = await embedMadePictures(evaluation);
  const errors = await vaeSquaredErrors(host, vae, heldOut.pictures, pipeline.settings.batch);
  return {
    clipScore: estimateMean(cosines(made.images, made.texts)),
    clipScoreOfRealPictures: estimateMean(cosines(real.images, real.texts)),
    retrieval: {
      train: measureRetrieval(train.images, train.texts),
      heldOut: measureRetrieval(real.images, real.texts),
      generated: measureRetrieval(made.images, made.texts),
    },
    vaePsnrDb: inDecibels(estimateMean(errors)),
  };
}

/** Embeddings of pictures and of their captions. */
interface EmbeddedSet {
  readonly images: readonly Float32Array[];
  readonly texts: readonly Float32Array[];
}

async function embedSet(clip: ClipModel, { pictures, captions }: CaptionedSet): Promise<EmbeddedSet> {
  return { images: await clip.embedPictures(pictures), texts: await clip.embedTexts(captions) };
}

/** Pictures are let go of batch by batch; only their embeddings are kept. */
async function embedMadePictures(evaluation: PipelineEvaluation): Promise<EmbeddedSet> {
  const { pipeline, unet, clip, prompts, seed, hooks } = evaluation;
  const requests = prompts.map((caption, index): PictureRequest => ({ caption, noise: { seed, index } }));
  const { batch } = pipeline.settings;
  const batches = Math.ceil(requests.length / batch);
  const images = await inBatches(requests, batch, async (part, start) => {
    const pictures = await pipeline.generate(unet, part, {
      ...hooks,
      onStep: (done, steps) => hooks?.onStep?.((start / batch) * steps + done, batches * steps),
    });
    return clip.embedPictures(pictures);
  });
  return { images, texts: await clip.embedTexts(prompts) };
}

/** Less error is more decibels, so the interval turns round. */
function inDecibels({ value, low, high }: Estimate): Estimate {
  return {
    value: peakSignalToNoiseDb(value),
    low: peakSignalToNoiseDb(high),
    high: peakSignalToNoiseDb(low),
  };
}
