import type { Architecture } from '../architecture/architecture.js';
import { renamedWeights } from '../model/renamed-weights.js';
import type { Weights } from '../model/parameters.js';
import type { Pipeline } from '../model/pipeline-folder.js';
import { namesInWeights } from '../model/source-names.js';

/** Float types that weights are exported as. */
export type FloatDtype = 'fp32' | 'fp16';

/** What weights are exported as; as int8 those of linear layers and convolutions, all else as fp32. */
export type ExportDtype = FloatDtype | 'int8';

/** What is exported: a pipeline, with a UNet that may have evolved from the pipeline's own. */
export interface ExportedModel {
  readonly pipeline: Pipeline;
  readonly architecture: Architecture;
  /** Of the UNet; a copy without its own runs on its source's. */
  readonly weights: Weights;
}

/** Weights with those of the UNet's parameters of such names; ones that lie in a file stay there. Names that nothing is known of are left out. */
export function unetWeights({ architecture, weights }: ExportedModel, names: readonly string[]): Weights {
  if (names.every((name) => weights.has(name))) return weights;
  const find = namesInWeights(weights, architecture);
  return renamedWeights(
    weights,
    names.map((name) => [name, find(name)] as const),
  );
}
