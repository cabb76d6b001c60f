import type { StagePlan } from '../stage-plan.js';
import type { TrainingMemory } from '../training-memory.js';

/** Classifier-free guidance in the loss of a distillation. */
export interface GuidancePlan {
  /** Share of the steps that guide. */
  readonly probability: number;
  /** Ends of the uniform distribution that each item's guidance scale w is drawn from. */
  readonly range: readonly [from: number, to: number];
}

/** Everything a step distillation is made by, beside the networks and the data. */
export interface DistillationPlan extends TrainingMemory {
  readonly seed: number;
  /**
   * `direct`: a teacher of twice the student's steps is distilled of the original, and the student itself from as many steps as it; `progressive`: the student is halved three times, each time taught by what
   * it was before.
   */
  readonly schedule: 'direct' | 'progressive';
  readonly loss: 'vanilla' | 'cfg-aware';
  /** Share of the steps that `cfg-aware` guides. */
  readonly cfgProbability: number;
  /** Ends of the guidance scales that it draws. */
  readonly guidanceRange: readonly [from: number, to: number];
  /** Weight of the original loss, after it is rescaled to the size of the distillation's. */
  readonly gamma: number;
  /** Sampling steps of the student in the end. */
  readonly studentSteps: number;
  /** Share of captions left empty, for classifier-free guidance. */
  readonly emptyCaptionShare: number;
  /** Fine-tuning to v, of networks that predict something else. */
  readonly velocity: StagePlan;
  /** The halvings, in order. */
  readonly first: StagePlan;
  readonly second: StagePlan;
  readonly third: StagePlan;
}

/** How the plan's loss guides; null where it doesn't. */
export const guidanceOf = ({ loss, cfgProbability, guidanceRange }: DistillationPlan): GuidancePlan | null =>
  loss === 'vanilla' ? null : { probability: cfgProbability, range: guidanceRange };
