import { z } from 'zod';
import { choice, list, number, path, section, text, wholeNumber } from './fields.js';
import { device, emptyCaptionShare, pictures, results, seed, training } from './shared-sections.js';

const budget = z.union(
  [section({ ratioOfOriginal: number({ above: 0, to: 10 }) }), section({ ms: number({ above: 0 }) })],
  { error: 'either {ratioOfOriginal: a number above 0} or {ms: a number above 0}' },
);

/** The same names as `SearchOptions`, which says what each one means. */
const search = section({
  budget,
  scoring: choice(['snapevo', 'literal']).default('snapevo'),
  kinds: list(choice(['cross-attention', 'resnet']), 'kinds of block', { from: 1, to: 2 }).prefault([
    'cross-attention',
    'resnet',
  ]),
  groupSize: wholeNumber({ from: 1, to: 1000 }).default(1),
  combinationTolerance: number({ from: 0, to: 2 }).default(0.005),
  patience: wholeNumber({ from: 1, to: 1000 }).default(2),
  maxRounds: wholeNumber({ from: 1, to: 10_000 }).default(30),
  trainStepsPerRound: wholeNumber({ from: 1 }).default(200),
  trainStepsPerUnit: wholeNumber({ from: 1 }).default(50),
  finetuneSteps: wholeNumber().default(400),
  captionCount: wholeNumber({ from: 2 }).default(64),
  copyCandidates: wholeNumber({ to: 1000 }).default(2),
  maxProposals: wholeNumber({ from: 1, to: 1000 }).default(4),
});

const probability = number({ from: 0, below: 1 });

/** Robust training, and the fine-tuning at the end. */
const robustTraining = section({
  pictures,
  ...training({ batch: 16, learningRate: 1e-4 }),
  emptyCaptionShare,
  /** Probability that a step leaves a present block out. */
  skip: section({
    crossAttention: probability.default(0.2),
    resnet: probability.default(0.1),
    /** Steps over which the probabilities rise from nothing. */
    rampSteps: wholeNumber().default(100),
  }).prefault({}),
}).prefault({});

/** The scorer: what turns an architecture into a score. */
const evaluation = section({
  /** A CLIP model in the transformers layout that shares no weights with the pipeline. */
  scorer: path('folder'),
  /** Prompts, one a line; null for those of the emoji set that were held out of training. */
  captions: path('file').nullable().default(null),
  /** Denoising steps of an image. */
  steps: wholeNumber({ from: 1, to: 1000 }).default(20),
  guidanceScale: number({ from: 0, to: 100 }).default(3),
  /** Images made at a time. */
  batch: wholeNumber({ from: 1, to: 4096 }).default(16),
});

/** How a latency is measured. */
const latency = section({
  /** Images a forward pass; 2 is one image under guidance. */
  batch: wholeNumber({ from: 1, to: 4096 }).default(2),
}).prefault({});

/** Everything a search is made from. The one place where its defaults stand. */
export const searchConfigSchema = section({
  /** Goes into the run's id. */
  name: text().default('search'),
  /** A text-to-image pipeline in the diffusers layout. */
  pipeline: path('folder'),
  seed,
  results,
  device,
  search,
  training: robustTraining,
  evaluation,
  latency,
});

export type SearchConfig = z.output<typeof searchConfigSchema>;
