import { choice, flag, number, path, section, text, wholeNumber } from './fields.js';

/** Sections that searches and pretrainings have in common. */

export const seed = wholeNumber({ to: 2 ** 32 - 1 }).default(0);

/** Where the store is: `snapevo.db`, and a folder for each run beside it. */
export const results = path('folder').default('results');

export const device = section({
  /** `cpu`, `webgpu`, `cuda:1`... */
  name: text().default('cpu'),
  /** Of the CPU provider; null leaves the choice to the runtime. */
  threads: wholeNumber({ from: 1, to: 1024 }).nullable().default(null),
  /** Whether that many threads are bound to a processor each, on Linux; of threads of its own choice the runtime does so anyway. */
  pinThreads: flag().default(false),
}).prefault({});

/** Pictures and captions to train on. */
export const pictures = section({
  /** In Hugging Face's imagefolder convention, or beside `annotations`; null for the training part of the emoji set. */
  folder: path('folder').nullable().default(null),
  /** A COCO caption file on the folder's pictures; null where the folder's `metadata.jsonl` has the captions. */
  annotations: path('file').nullable().default(null),
  /** Of the folder's `metadata.jsonl`. */
  captionColumn: text().default('text'),
  /** Whether the folder's pictures fit their captions mirrored left to right; a search, which encodes each once, shows none mirrored. */
  mirrorable: flag().default(false),
}).prefault({});

/** How a training goes, whatever is trained. */
export const training = (defaults: { readonly batch: number; readonly learningRate: number }) => ({
  batch: wholeNumber({ from: 1, to: 4096 }).default(defaults.batch),
  /** Steps taken in one run of the graph: more stay longer on the device, fewer show progress more often. */
  stepsPerRun: wholeNumber({ from: 1, to: 10_000 }).default(10),
  /** The peak that the rate rises to, before it falls along half a cosine; see `learning-rate.ts`. */
  learningRate: number({ above: 0, to: 1 }).default(defaults.learningRate),
  warmUpSteps: wholeNumber().default(20),
  /** Share of the peak reached at the last step. */
  finalShare: number({ from: 0, to: 1 }).default(0.02),
  weightDecay: number({ from: 0, to: 1 }).default(0.01),
  maxGradientNorm: number({ above: 0 }).default(1),
});

/** What a training gives up to fit into memory, by the names of `TrainingMemory`. */
export const trainingMemory = {
  /** Batches whose gradients are added up to a step's: as a batch so many times as large, in the memory of one. */
  accumulation: wholeNumber({ from: 1, to: 4096 }).default(1),
  /** Of blocks, for their gradients: `save` is faster, `recompute` takes less memory. */
  activations: choice(['save', 'recompute']).default('save'),
  /** What weights are kept in between steps; in the smaller formats they are rounded at random. All is computed in float32. */
  weightDtype: choice(['float32', 'float16', 'bfloat16']).default('float32'),
};

/** A training from its first step to its last, by the names of `StagePlan`. */
export const stage = (defaults: {
  readonly batch: number;
  readonly steps: number;
  readonly learningRate: number;
}) => ({
  steps: wholeNumber({ from: 1 }).default(defaults.steps),
  ...training(defaults),
  /** Longest decay of the weights' moving average, which is what is kept in the end. */
  averageDecay: number({ from: 0, below: 1 }).default(0.999),
  /** Training steps that a kill can cost. */
  checkpointEverySteps: wholeNumber({ from: 1 }).default(200),
});

/** Share of captions left empty, so that there is something to guide away from. */
export const emptyCaptionShare = number({ from: 0, to: 1 }).default(0.1);

/** Null for what the pipeline's scheduler says. */
export const sampler = choice(['ddim', 'ddpm', 'euler', 'dpm-solver++']).nullable().default(null);
