import type { LoadedModel } from '../model/model-folder.js';
import type { VaeConfig } from '../model/vae-config.js';
import type { DeviceHost } from '../runtime/device-host.js';
import type { Estimate } from '../statistics/estimate.js';
import type { ClipModel } from './clip-model.js';
import { cmmd } from './cmmd.js';
import { cosines } from './cosine.js';
import { embedMadePictures, type MadePictures } from './made-pictures.js';
import type { Picture } from './picture.js';
import { estimateInDecibels } from './psnr.js';
import { measureRetrieval, type Retrieval } from './retrieval.js';
import { vaeSquaredErrors } from './vae-error.js';

/** Pictures with a caption each. */
export interface CaptionedSet {
  readonly pictures: readonly Picture[];
  readonly captions: readonly string[];
}

/** A CLIP model by the name that its figures go under. */
export interface NamedScorer {
  readonly name: string;
  readonly clip: Pick<ClipModel, 'embedTexts' | 'embedPictures'>;
}

/** A pipeline, scorers and the pictures and captions they are measured on. */
export interface PipelineEvaluation extends MadePictures {
  readonly host: DeviceHost;
  readonly vae: Pick<LoadedModel<VaeConfig>, 'config' | 'weights'>;
  readonly scorers: readonly NamedScorer[];
  /** Real pictures that the models were trained on, where there are some; and others that they were not. */
  readonly train: CaptionedSet | null;
  readonly heldOut: CaptionedSet;
  /** Which of them the pictures made are to be like. */
  readonly likeness: 'train' | 'heldOut';
  /** Mean with its confidence interval, such as a bootstrap's. */
  readonly estimateMean: (values: readonly number[]) => Estimate;
}

/** What a scorer finds. */
export interface ScorerFigures {
  readonly scorer: string;
  /** CLIP score of the pictures made. */
  readonly clipScore: Estimate;
  /** CLIP score of real pictures that were held out: what the best pipeline would come near to. */
  readonly clipScoreOfRealPictures: Estimate;
  /** Distance of the pictures made from the real ones that they are to be like; see `cmmd.ts`. */
  readonly cmmd: number;
  /** How well the scorer finds captions of real pictures, and those of the pictures made. */
  readonly retrieval: Readonly<
    Record<'heldOut' | 'generated', Retrieval> & { readonly train: Retrieval | null }
  >;
}

/** What is known of a pipeline and its scorers. */
export interface PipelineFigures {
  /** One a scorer, in their order. */
  readonly scorers: readonly ScorerFigures[];
  /** Of held-out pictures after encoding and decoding, from their mean squared error. */
  readonly vaePsnrDb: Estimate;
}

/** Measures a pipeline. Throws what making and scoring pictures throws, and the signal's reason. */
export async function evaluatePipeline(evaluation: PipelineEvaluation): Promise<PipelineFigures> {
  const { host, vae, heldOut, pipeline, scorers, estimateMean } = evaluation;
  const made = await embedMadePictures(
    evaluation,
    scorers.map(({ clip }) => clip),
  );
  const figures: ScorerFigures[] = [];
  for (const [index, scorer] of scorers.entries()) {
    figures.push(await figuresOf(scorer, made[index] ?? [], evaluation));
  }
  const errors = await vaeSquaredErrors(host, vae, heldOut.pictures, pipeline.settings.batch);
  return { scorers: figures, vaePsnrDb: estimateInDecibels(estimateMean(errors)) };
}

/** Embeddings of pictures and of their captions. */
interface EmbeddedSet {
  readonly images: readonly Float32Array[];
  readonly texts: readonly Float32Array[];
}

async function figuresOf(
  { name, clip }: NamedScorer,
  images: readonly Float32Array[],
  { train, heldOut, likeness, prompts, estimateMean }: PipelineEvaluation,
): Promise<ScorerFigures> {
  const made = { images, texts: await clip.embedTexts(prompts) };
  const real = await embedSet(clip, heldOut);
  const learnt = train === null ? null : await embedSet(clip, train);
  const { images: models } = likeness === 'train' ? (learnt ?? real) : real;
  return {
    scorer: name,
    clipScore: estimateMean(cosines(made.images, made.texts)),
    clipScoreOfRealPictures: estimateMean(cosines(real.images, real.texts)),
    cmmd: cmmd(made.images, models),
    retrieval: {
      train: learnt === null ? null : measureRetrieval(learnt.images, learnt.texts),
      heldOut: measureRetrieval(real.images, real.texts),
      generated: measureRetrieval(made.images, made.texts),
    },
  };
}

async function embedSet(
  clip: NamedScorer['clip'],
  { pictures, captions }: CaptionedSet,
): Promise<EmbeddedSet> {
  return { images: await clip.embedPictures(pictures), texts: await clip.embedTexts(captions) };
}
