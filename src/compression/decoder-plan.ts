import type { StagePlan } from '../training/stage-plan.js';
import type { TrainingMemory } from '../training/training-memory.js';

/** How a decoder is compressed; its training's pace beside. */
export interface DecoderPlan extends StagePlan, Pick<TrainingMemory, 'accumulation'> {
  readonly seed: number;
  /** Share of the channels that goes. */
  readonly ratio: number;
  /** How many latents are made to learn from, and how many more to take figures of. */
  readonly latents: number;
  readonly heldOutLatents: number;
  /** Latents made at a time. */
  readonly latentBatch: number;
  readonly denoisingSteps: number;
  readonly guidanceScale: number;
  /** Of the error between features of the pictures, beside that between the pictures; 0 for none. */
  readonly perceptualWeight: number;
  /** Whether a decoder of the same widths is trained from nothing for as long, to be compared with. */
  readonly fromScratch: boolean;
}
