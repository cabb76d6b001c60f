import type { ImageScore, LatencyEntry } from '../measurement-records.js';
import type { ActionRecord, ArchitectureRecord, CandidateRecord, RoundRecord } from '../search-records.js';
import type { CheckpointRecord, TrainingLoss } from '../training-records.js';
import { estimate, flag, json, nullableEstimate, plain } from './column-codec.js';
import type { RecordTableLayout } from './record-table.js';

export const roundLayout: RecordTableLayout<RoundRecord> = {
  table: 'rounds',
  owner: 'run_id',
  key: ['round'],
  codecs: {
    round: plain(),
    architectureHash: plain(),
    weightsHash: plain(),
    latencyMs: nullableEstimate,
    clipScore: nullableEstimate,
    budgetMs: plain(),
    budgetMet: flag,
  },
  order: 'round',
  onConflict: 'replace',
};

export const candidateLayout: RecordTableLayout<CandidateRecord> = {
  table: 'candidates',
  owner: 'run_id',
  key: ['round', 'actionKind', 'block'],
  codecs: {
    round: plain(),
    actionKind: plain(),
    block: plain(),
    architectureHash: plain(),
    deltaClip: nullableEstimate,
    deltaLatencyMs: nullableEstimate,
    value: plain(),
    rank: plain(),
    status: plain(),
    reason: plain(),
    imageCount: plain(),
  },
  order: 'round, rank NULLS LAST, block, action_kind',
  onConflict: 'replace',
};

export const architectureLayout: RecordTableLayout<ArchitectureRecord> = {
  table: 'architectures',
  owner: 'run_id',
  key: ['round', 'role', 'hash'],
  codecs: {
    round: plain(),
    role: plain(),
    hash: plain(),
    canonicalForm: plain(),
    parameterCount: plain(),
    weightsHash: plain(),
    parentHash: plain(),
    measuredLatencyMs: nullableEstimate,
    predictedLatencyMs: plain(),
    clipScore: nullableEstimate,
  },
  order: 'id',
  onConflict: 'replace',
};

export const actionLayout: RecordTableLayout<ActionRecord> = {
  table: 'actions',
  owner: 'run_id',
  key: ['index'],
  codecs: {
    index: { ...plain<number>(), columns: () => ['action_index'] },
    round: plain(),
    kind: plain(),
    blocks: json(),
    fromHash: plain(),
    toHash: plain(),
    reason: plain(),
  },
  order: 'action_index',
  onConflict: 'replace',
};

export const checkpointLayout: RecordTableLayout<CheckpointRecord> = {
  table: 'checkpoints',
  owner: 'run_id',
  key: ['file'],
  codecs: { file: plain(), sha256: plain(), sizeBytes: plain(), step: plain(), kind: plain() },
  order: 'step, file',
  onConflict: 'replace',
};

export const lossLayout: RecordTableLayout<TrainingLoss> = {
  table: 'training_losses',
  owner: 'run_id',
  key: ['phase', 'step'],
  codecs: { phase: plain(), step: plain(), loss: plain(), learningRate: plain(), extras: json() },
  order: 'phase, step',
  onConflict: 'replace',
};

export const metricLayout: RecordTableLayout<{ readonly name: string; readonly value: number }> = {
  table: 'metrics',
  owner: 'run_id',
  key: ['name'],
  codecs: { name: plain(), value: plain() },
  order: 'name',
  onConflict: 'replace',
};

export const imageScoreLayout: RecordTableLayout<ImageScore> = {
  table: 'image_scores',
  owner: 'score_set_id',
  key: ['captionIndex', 'seed'],
  codecs: { captionIndex: plain(), seed: plain(), score: plain() },
  order: 'caption_index, seed',
  onConflict: 'keep-first',
};

export const latencyEntryLayout: RecordTableLayout<LatencyEntry> = {
  table: 'latency_entries',
  owner: 'latency_table_id',
  key: ['subject', 'method'],
  codecs: {
    subject: plain(),
    method: plain(),
    samplesMs: json(),
    medianMs: estimate,
    flags: json(),
    measuredAtMs: plain(),
  },
  order: 'subject, method',
  onConflict: 'replace',
};

/** The same record, by the run that goes by it. */
export const runLatencyLayout: RecordTableLayout<LatencyEntry> = {
  ...latencyEntryLayout,
  table: 'run_latencies',
  owner: 'run_id',
};
