import type { ImageScore, LatencyEntry } from './measurement-records.js';
import type { CandidateRecord } from './search-records.js';
import type { CheckpointRecord, TrainingLoss } from './training-records.js';

/** By code unit, as SQLite compares text: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function compareCandidates(a: CandidateRecord, b: CandidateRecord): number {
  if (a.round !== b.round) return a.round - b.round;
  if (a.rank !== b.rank) return (a.rank ?? Infinity) - (b.rank ?? Infinity);
  return compareText(a.block, b.block) || compareText(a.actionKind, b.actionKind);
}

export function compareImageScores(a: ImageScore, b: ImageScore): number {
  return a.captionIndex - b.captionIndex || a.seed - b.seed;
}

export function compareLatencyEntries(a: LatencyEntry, b: LatencyEntry): number {
  return compareText(a.subject, b.subject) || compareText(a.method, b.method);
}

export function compareLosses(a: TrainingLoss, b: TrainingLoss): number {
  return compareText(a.phase, b.phase) || a.step - b.step;
}

export function compareCheckpoints(a: CheckpointRecord, b: CheckpointRecord): number {
  return a.step - b.step || compareText(a.file, b.file);
}
