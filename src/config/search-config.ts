import { z } from 'zod';
import { choice, flag, list, number, path, section, text, wholeNumber } from './fields.js';
import {
  device,
  emptyCaptionShare,
  pictures,
  results,
  sampler,
  seed,
  training,
  trainingMemory,
} from './shared-sections.js';

const budget = z.union(
  [section({ ratioOfOriginal: number({ above: 0, to: 10 }) }), section({ ms: number({ above: 0 }) })],
  {
    error:
      "either {ratioOfOriginal: a number above 0} or {ms: a number above 0} (to change one for the other, --set 'search.budget={ms: 350}')",
  },
);

/** Beside `scope`, the same names as `SearchOptions`, which says what each one means. */
const search = section({
  budget,
  /** What the budget and all latencies of the run are of: a step of the UNet, or the whole of a picture, text encoder to decoder. */
  scope: choice(['step', 'image']).default('step'),
  scoring: choice(['snapevo', 'literal']).default('snapevo'),
  lossTolerance: number({ from: 0, to: 2 }).default(0.005),
  kinds: list(choice(['cross-attention', 'resnet']), 'kinds of block', { from: 1, to: 2 }).prefault([
    'cross-attention',
    'resnet',
  ]),
  /** Whether blocks may be put on int8 weights, beside being removed. */
  quantize: flag().default(false),
  groupSize: wholeNumber({ from: 1, to: 1000 }).default(1),
  combinationTolerance: number({ from: 0, to: 2 }).default(0.005),
  patience: wholeNumber({ from: 1, to: 1000 }).default(2),
  maxRounds: wholeNumber({ from: 1, to: 10_000 }).default(30),
  trainStepsPerRound: wholeNumber({ from: 1 }).default(200),
  trainStepsPerUnit: wholeNumber({ from: 1 }).default(50),
  finetuneSteps: wholeNumber().default(400),
  captionCount: wholeNumber({ from: 2 }).default(64),
  pass: choice(['full', 'racing']).default('racing'),
  racing: section({
    firstCaptions: wholeNumber({ from: 2 }).default(16),
    confidence: number({ above: 0, below: 1 }).default(0.8),
  }).prefault({}),
  copyCandidates: wholeNumber({ to: 1000 }).default(2),
  maxProposals: wholeNumber({ from: 1, to: 1000 }).default(4),
});

const probability = number({ from: 0, below: 1 });

/** Robust training, and the fine-tuning at the end. */
const robustTraining = section({
  pictures,
  ...training({ batch: 16, learningRate: 1e-4 }),
  emptyCaptionShare,
  ...trainingMemory,
  /** How often a step leaves present blocks out. */
  skip: section({
    probability: section({
      'cross-attention': probability.default(0.2),
      resnet: probability.default(0.1),
    }).prefault({}),
    /** Steps over which the probabilities rise from nothing. */
    rampSteps: wholeNumber().default(100),
  }).prefault({}),
}).prefault({});

/** The scorer: what turns an architecture into a score. */
const evaluation = section({
  /** A CLIP model in the transformers layout that shares no weights with the pipeline. */
  scorer: path('folder'),
  /** Prompts, one a line; a COCO caption file (`.json`); or a folder as of `pictures`. Null for captions of the emoji set. */
  captions: path('file').nullable().default(null),
  /** Which of the emoji's captions. */
  split: choice(['held-out', 'train']).default('held-out'),
  /** Denoising steps of an image. */
  steps: wholeNumber({ from: 1, to: 1000 }).default(20),
  guidanceScale: number({ from: 0, to: 100 }).default(3),
  sampler,
  /** Images made at a time. */
  batch: wholeNumber({ from: 1, to: 4096 }).default(16),
});

/** How long something is measured; `ProtocolSettings` says what each one means. */
const protocol = (timeLimitMs: number) =>
  section({
    intervalShare: number({ above: 0, to: 1 }).default(0.03),
    minSamples: wholeNumber({ from: 1, to: 100_000 }).default(10),
    maxSamples: wholeNumber({ from: 1, to: 100_000 }).default(300),
    timeLimitMs: wholeNumber({ from: 1, to: 86_400_000 }).default(timeLimitMs),
    maxWarmUps: wholeNumber({ from: 1, to: 10_000 }).default(30),
    warmUpTolerance: number({ from: 0, to: 1 }).default(0.05),
  }).prefault({});

/** How latencies are measured; beside `images` and `remeasure`, the same names as `LatencySettings`. */
const latency = section({
  /** Made in one pass of the UNet, which is twice that under guidance. */
  images: wholeNumber({ from: 1, to: 4096 }).default(1),
  /** Whether all is measured by the run itself; otherwise what earlier ones left stable is taken over. */
  remeasure: flag().default(false),
  /** Whole networks, each beside the original. */
  endToEnd: protocol(6000),
  /** All blocks alone, the time limit for all of them together. */
  alone: protocol(20_000),
  /** Blocks inside the network, from the runtime's profile. */
  profiling: section({
    forwards: wholeNumber({ from: 1, to: 10_000 }).default(60),
    warmUps: wholeNumber({ to: 10_000 }).default(5),
    maxKernels: wholeNumber({ from: 1 }).default(60_000),
  }).prefault({}),
  /** Blocks inside the network where the device's provider writes no profile: networks without one, if the time limit for all of them suffices. */
  differences: section({
    timeLimitMs: wholeNumber({ from: 1, to: 86_400_000 }).default(30_000),
  }).prefault({}),
  /** Of the table with random whole networks, the time limit for all of them together; none leaves costs as measured. */
  calibration: section({
    architectures: wholeNumber({ to: 1000 }).default(4),
    timeLimitMs: wholeNumber({ from: 1, to: 86_400_000 }).default(8000),
  }).prefault({}),
}).prefault({});

/** Everything a search is made from but its name. The one place where its defaults stand. */
export const searchSections = {
  /** A text-to-image pipeline in the diffusers layout. */
  pipeline: path('folder'),
  /** Of its weights, as in `model.fp16.safetensors`: another precision, or `non_ema`. Null for those without one. */
  variant: text().nullable().default(null),
  seed,
  results,
  device,
  search,
  training: robustTraining,
  evaluation,
  latency,
};

export const searchConfigSchema = section({
  /** Goes into the run's id. */
  name: text().default('search'),
  ...searchSections,
});

export type SearchConfig = z.output<typeof searchConfigSchema>;

export type LatencyScope = SearchConfig['search']['scope'];
