import { flag, number, section, wholeNumber } from './fields.js';
import { sampler, stage, trainingMemory } from './shared-sections.js';

/**
 * How a decoder is compressed, by the names of `DecoderPlan`. The defaults suit the emoji model; those of a Stable Diffusion's are more steps at a smaller rate.
 */
export const decoderSection = section({
  /** Share of the channels that goes, everywhere; has to leave whole channels in every normalisation group. */
  ratio: number({ above: 0, below: 1 }).default(0.5),
  /** Made by the pipeline to learn from, one a caption, over and over. */
  latents: wholeNumber({ from: 1 }).default(512),
  /** More of them, each of a caption of its own that is of no training picture as far as there are such; nothing is learnt from them: figures are of their pictures. */
  heldOutLatents: wholeNumber({ from: 1 }).default(64),
  /** Latents made at a time; a kill can cost as many. */
  latentBatch: wholeNumber({ from: 1, to: 4096 }).default(16),
  denoisingSteps: wholeNumber({ from: 1, to: 1000 }).default(50),
  guidanceScale: number({ from: 0, to: 100 }).default(3),
  sampler,
  /**
   * Of the error between the vision features that the scorer has of the two pictures, beside that between the pictures themselves. A scorer used here has had
   * a say in what it is to judge: scores of the pictures are then no longer those of a stranger.
   */
  perceptualWeight: number({ from: 0 }).default(0),
  /** Whether a decoder of the same widths is trained from nothing for as long, to be compared with. */
  fromScratch: flag().default(true),
  accumulation: trainingMemory.accumulation,
  ...stage({ batch: 8, steps: 1500, learningRate: 2e-3 }),
}).prefault({});
