import type { Architecture } from '../architecture/architecture.js';
import { hashArchitecture } from '../architecture/canonical-form.js';
import type { Candidate, CandidateScore } from './candidate.js';
import type { Estimate } from '../statistics/estimate.js';
import type { LatencyCalibration, LatencyTable, SkippedCalibration } from './latency-table.js';
import type { Proposal } from './proposal.js';
import type { RankedCandidate } from './ranking.js';
import { checkOptions } from './search-options.js';
import type { SearchOptions } from './search-options.js';
import type { Progress, Stop, Visit } from './stop.js';

/*
 * Where a search stands: plain JSON, so that it can be stored after every event and gone on with by another process.
 * Nothing that it depends on is kept elsewhere.
 */

/** Of the layout below; raised whenever that changes. */
export const STATE_VERSION = 5;

/** Of every phase. */
interface Common {
  readonly version: typeof STATE_VERSION;
  readonly options: SearchOptions;
  readonly original: Architecture;
  /** Reference of the newest weights. */
  readonly weights: string;
  /** Steps trained since the search began. */
  readonly trainedSteps: number;
  /** The last unit of work could not be done; it is still open. */
  readonly failure: { readonly work: string; readonly code: string; readonly message: string } | null;
}

/** What is found out once, before the first round. */
export interface Baseline {
  readonly latencyMs: Estimate;
  /** The latency objective S. */
  readonly budgetMs: number;
  /** The latency table T. */
  readonly table: LatencyTable;
  /** Of the table, where its costs are not as measured. */
  readonly calibration?: LatencyCalibration;
  readonly skippedCalibration?: SkippedCalibration;
}

/** An architecture with its end-to-end measurement. */
export interface Measured {
  readonly architecture: Architecture;
  readonly latencyMs: Estimate;
}

/** An end-to-end measurement by hash, so that nothing is measured twice. */
export interface Measurement {
  readonly architectureHash: string;
  readonly latencyMs: Estimate;
}

/** The best so far: a measured architecture within the budget, with the weights that it was scored with. */
export interface Best extends Measured, CurrentScore {
  readonly round: number;
  readonly weights: string;
}

/** Of every phase of a round. */
export interface Evolution extends Common {
  readonly baseline: Baseline;
  /** Counts from 1. */
  readonly round: number;
  readonly current: Measured;
  readonly parentHash: string | null;
  /** Null until the budget is met. */
  readonly best: Best | null;
  readonly progress: Progress | null;
  readonly visits: readonly Visit[];
  readonly measurements: readonly Measurement[];
  /** Rows of actions so far. */
  readonly actionCount: number;
}

/** CLIP of the current architecture on this round's weights; `scores` by caption, to pair others with. */
export interface CurrentScore {
  readonly clip: Estimate;
  readonly scores: readonly number[];
}

/** Of the phases in which the round's ranking is known and its proposals are weighed, the first of them now. */
export interface Weighing extends Evolution {
  readonly currentScore: CurrentScore;
  readonly ranking: readonly RankedCandidate[];
  readonly proposals: readonly Proposal[];
}

/** Of the phases after the last round. */
export interface Finale extends Common {
  readonly baseline: Baseline;
  readonly round: number;
  readonly actionCount: number;
  readonly stop: Stop;
  readonly chosen: Chosen;
}

/** The architecture that the rounds have led to. */
export interface Chosen extends Measured {
  /** As of before any fine-tuning. */
  readonly weights: string;
  /** What it scored with them; null where the search ended before that was known. */
  readonly score: CurrentScore | null;
}

/** What fine-tuning has done to CLIP: the paired difference to the score before; the weights are kept if it is a gain. */
export interface FineTuningResult {
  readonly gain: Estimate;
  readonly kept: boolean;
}

export type MeasuringOriginal = Common & { readonly phase: 'measuring-original' };
export type MeasuringBlocks = Common & { readonly phase: 'measuring-blocks'; readonly latencyMs: Estimate };
export type ScoringOriginal = Common & { readonly phase: 'scoring-original'; readonly baseline: Baseline };
export type Training = Evolution & { readonly phase: 'training'; readonly stepsDone: number };
export type ScoringCurrent = Evolution & { readonly phase: 'scoring-current' };
export type ScoringCandidates = Evolution & {
  readonly phase: 'scoring-candidates';
  readonly currentScore: CurrentScore;
  /** Removals race first, then additions: what is copied is chosen by what the removals' scores say. */
  readonly race: 'removals' | 'additions';
  readonly candidates: readonly Candidate[];
};
export type ScoringProposal = Weighing & { readonly phase: 'scoring-proposal' };
export type MeasuringProposal = Weighing & {
  readonly phase: 'measuring-proposal';
  readonly proposalScore: CandidateScore | null;
};
export type FineTuning = Finale & { readonly phase: 'fine-tuning'; readonly stepsDone: number };
export type ScoringFinal = Finale & { readonly phase: 'scoring-final' };
export type MeasuringFinal = Finale & {
  readonly phase: 'measuring-final';
  readonly clip: Estimate;
  /** Null where there was no fine-tuning, or no score before it. */
  readonly fineTuning: FineTuningResult | null;
};
export type Done = Finale & {
  readonly phase: 'done';
  readonly clip: Estimate;
  readonly fineTuning: FineTuningResult | null;
  readonly latencyMs: Estimate;
  readonly budgetMet: boolean;
};

export type SearchState =
  | MeasuringOriginal
  | MeasuringBlocks
  | ScoringOriginal
  | Training
  | ScoringCurrent
  | ScoringCandidates
  | ScoringProposal
  | MeasuringProposal
  | FineTuning
  | ScoringFinal
  | MeasuringFinal
  | Done;

/** The state of each phase, by the phase's name. */
export type PhaseStates = { [P in SearchState['phase']]: Extract<SearchState, { phase: P }> };

/**
 * A search that has done nothing yet.
 * @param original the pretrained architecture
 * @param weights reference of the pretrained weights
 * @throws SnapEvoError `SEARCH_OPTION_INVALID`
 */
export function initialState(options: SearchOptions, original: Architecture, weights: string): SearchState {
  return {
    version: STATE_VERSION,
    phase: 'measuring-original',
    options: checkOptions(options),
    original,
    weights,
    trainedSteps: 0,
    failure: null,
  };
}

/** Whether S is met: by end-to-end measurement, never by the table's sum. */
export function isBudgetMet({ current, baseline }: Pick<Evolution, 'current' | 'baseline'>): boolean {
  return current.latencyMs.value <= baseline.budgetMs;
}

/** Hash of the architecture of this round. */
export function currentHash({ current }: Pick<Evolution, 'current'>): string {
  return hashArchitecture(current.architecture);
}
