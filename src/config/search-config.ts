import { z } from 'zod';
import { choice, flag, list, number, path, section, text, wholeNumber } from './fields.js';

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

/** Everything a search is made from. The one place where its defaults stand. */
export const searchConfigSchema = section({
  /** Goes into the run's id. */
  name: text().default('search'),
  /** A text-to-image pipeline in the diffusers layout. */
  pipeline: path('folder'),
  seed: wholeNumber({ to: 2 ** 32 - 1 }).default(0),
  /** Where the store is: `snapevo.db`, and a folder for each run beside it. */
  results: path('folder').default('results'),
  device: section({
    name: text().default('cpu'),
    /** Of the CPU provider; null leaves the choice to the runtime. */
    threads: wholeNumber({ from: 1, to: 1024 }).nullable().default(null),
  }).prefault({}),
  search,
  training: section({
    batch: wholeNumber({ from: 1, to: 4096 }).default(16),
    learningRate: number({ above: 0, to: 1 }).default(1e-4),
    weightDecay: number({ from: 0, to: 1 }).default(0.01),
    maxGradientNorm: number({ above: 0 }).default(1),
    ema: flag().default(false),
  }).prefault({}),
});

export type SearchConfig = z.output<typeof searchConfigSchema>;
