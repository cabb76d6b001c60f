import type { ExternalData } from '../graph/graph.js';
import { cast } from '../graph/ops.js';
import { Parameters } from '../model/parameters.js';
import type { ExportDtype } from './exported-model.js';

/** Where weights are yet to be filled in: the graph is built several times, and none of them has to hold them. */
const unfilled: ExternalData = { location: '', offset: 0, length: 0 };

/**
 * Parameters whose elements come later; see `fillWeights`. Those stored as fp16 are widened where the graph begins, which a runtime does once, when
 * it loads it.
 */
export function unfilledParameters(dtype: ExportDtype): Parameters {
  return new Parameters((g, { name, shape }) => {
    if (dtype === 'fp32') return g.initializer(name, { dtype: 'float32', shape }, unfilled);
    return cast(g, g.initializer(name, { dtype: 'float16', shape }, unfilled), 'float32');
  });
}

/** Whether an initializer is one of {@link unfilledParameters}. */
export function isUnfilled(data: unknown): boolean {
  return data === unfilled;
}

/** Batches to try a graph with. */
export const batchAxis = { example: 2, other: 3 };

/** Heights and widths to try a graph with: as small as a network that halves them to `multiple`s allows. */
export function heightAxis(multiple: number): { readonly example: number; readonly other: number } {
  return { example: multiple, other: 2 * multiple };
}

export function widthAxis(multiple: number): { readonly example: number; readonly other: number } {
  return { example: 3 * multiple, other: multiple };
}
