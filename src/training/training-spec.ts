import type { GradientOptions } from '../autodiff/gradients.js';
import type { GraphBuilder } from '../graph/graph-builder.js';
import type { TensorType, Value } from '../graph/value.js';
import type { AdamWSettings } from './adam-w.js';
import type { ParameterGroup } from './parameter-layout.js';
import type { WeightFormatName } from './weight-format.js';

/** The loss of one batch. */
export interface BatchLoss {
  /** A scalar. */
  readonly loss: Value;
  /** Further scalars to watch. */
  readonly metrics?: Readonly<Record<string, Value>>;
  /** Scalars whose sum the gradients are of, each times a scalar that counts as a constant; the loss itself unless told otherwise. */
  readonly terms?: ReadonlyMap<Value, Value>;
}

/** Builds the loss of one batch. */
export type LossBuilder = (
  g: GraphBuilder,
  parameter: (name: string) => Value,
  batch: Readonly<Record<string, Value>>,
) => BatchLoss;

/** What a training is made of. */
export interface TrainingSpec {
  readonly groups: readonly ParameterGroup[];
  /** Inputs of one step, with its items along their first axis. */
  readonly batch: Readonly<Record<string, TensorType>>;
  /** Inputs of one step that are the same for all its items. */
  readonly shared?: Readonly<Record<string, TensorType>>;
  readonly buildLoss: LossBuilder;
  readonly optimizer: AdamWSettings;
  readonly maxGradientNorm: number;
  /** Keeps an exponential moving average of the parameters. */
  readonly ema: boolean;
  /** Steps taken in one run of the graph, in an ONNX `Loop`: the state then stays in the runtime between them. */
  readonly stepsPerRun: number;
  /**
   * Equal parts that a batch is taken in, one after the other, their gradients added up; 1 unless told otherwise. The loss has to be a mean over
   * the items: then the result is that of the whole batch, and memory for activations that of a part.
   */
  readonly accumulation?: number;
  /** What weights are kept in; float32 unless told otherwise. Moments, gradients and the average are float32. */
  readonly weightDtype?: WeightFormatName;
  readonly gradientOptions?: GradientOptions;
}
