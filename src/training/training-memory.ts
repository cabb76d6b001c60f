import type { ActivationMode } from '../autodiff/gradient-rule.js';
import type { WeightFormatName } from './weight-format.js';

/** What a training gives up in time, or in exactness, to fit into memory. */
export interface TrainingMemory {
  /** Batches whose gradients are added up to a step's. */
  readonly accumulation: number;
  /** Whether blocks keep what their gradients read, or compute it again on the way back. */
  readonly activations: ActivationMode;
  /** What weights are kept in between steps. */
  readonly weightDtype: WeightFormatName;
}
