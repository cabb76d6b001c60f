import type {
  ImageScore,
  LatencyEntry,
  LatencyTableKey,
  ScoreKey,
} from '../../src/store/measurement-records.js';
import type { NewRun } from '../../src/store/run-record.js';
import type {
  ActionRecord,
  ArchitectureRecord,
  CandidateRecord,
  RoundRecord,
} from '../../src/store/search-records.js';
import type { StoreDependencies } from '../../src/store/store-dependencies.js';
import type { CheckpointRecord, TrainingLoss } from '../../src/store/training-records.js';

/** 2026-11-23 04:25:00 UTC. */
export const START_MS = Date.UTC(2026, 10, 23, 4, 25);

/** Each look at the clock is one second later; suffixes count up from 0x3f2a. */
export function fixedDependencies(): StoreDependencies {
  let seconds = 0;
  let suffix = 0x3f2a;
  return { nowMs: () => START_MS + 1000 * seconds++, drawSuffix: () => suffix++ };
}

export const newRun: NewRun = {
  kind: 'search',
  name: 'emoji',
  config: { budget: { share: 0.6 }, seeds: [1, 2, 3], note: null },
  snapevoVersion: '0.1.0',
  deviceFingerprint: 'cpu|Some CPU|1.30.0|2',
  inputs: { pipeline: 'f00d' },
};

export const round: RoundRecord = {
  round: 1,
  architectureHash: 'a0',
  weightsHash: null,
  latencyMs: { value: 40.5, low: 40, high: 41 },
  clipScore: null,
  budgetMs: 24.3,
  budgetMet: false,
};

export const candidate: CandidateRecord = {
  round: 1,
  actionKind: 'remove',
  block: 'down_blocks.1.attentions.0',
  architectureHash: 'a1',
  deltaClip: { value: -0.001, low: -0.003, high: 0.001 },
  deltaLatencyMs: { value: 3.5, low: 3.25, high: 3.75 },
  value: -0.001 / 3.5,
  rank: 1,
  status: 'chosen',
  reason: 'removal does not hurt',
  imageCount: 64,
};

export const architecture: ArchitectureRecord = {
  round: 1,
  role: 'candidate',
  hash: 'a1',
  canonicalForm: 'down[res attn|res -]',
  parameterCount: 5_600_000,
  weightsHash: 'w1',
  parentHash: 'a0',
  measuredLatencyMs: null,
  predictedLatencyMs: 37.25,
  clipScore: { value: 0.25, low: 0.24, high: 0.26 },
};

export const action: ActionRecord = {
  index: 1,
  round: 1,
  kind: 'remove',
  blocks: ['down_blocks.1.attentions.0', 'mid_block.attentions.0'],
  fromHash: 'a0',
  toHash: 'a1',
  reason: 'smallest value',
};

export const checkpoint: CheckpointRecord = {
  file: 'checkpoints/step-100.safetensors',
  sha256: 'ab'.repeat(32),
  sizeBytes: 1234,
  step: 100,
  kind: 'unet-training-state',
};

export const loss: TrainingLoss = {
  phase: 'robust',
  step: 1,
  loss: 0.5,
  learningRate: 1e-4,
  extras: { gradientNorm: 1.5 },
};

export const scoreKey: ScoreKey = { architectureHash: 'a1', weightsHash: 'w1', scorerHash: 's1' };

export const imageScore: ImageScore = { captionIndex: 3, seed: 4_294_967_295, score: 0.2512345678901234 };

export const tableKey: LatencyTableKey = {
  protocol: 1,
  deviceFingerprint: 'cpu|Some CPU|1.30.0|2',
  dtype: 'float32',
  batchSize: 1,
  latentHeight: 16,
  latentWidth: 16,
  contextLength: 77,
};

export const latencyEntry: LatencyEntry = {
  subject: 'resnet 64->96 @16x16',
  method: 'isolated',
  samplesMs: [1.5, 1.25, 9.5],
  medianMs: { value: 1.5, low: 1.25, high: 9.5 },
  flags: ['unstable', 'outliers'],
  measuredAtMs: START_MS,
};
