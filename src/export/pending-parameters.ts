import type { TensorData } from '../graph/data-type.js';
import type { ExternalData, Graph } from '../graph/graph.js';
import { cast } from '../graph/ops.js';
import { quantizeWeights, type DeriveElements, type QuantizedScopes } from '../graph/quantize-weights.js';
import { Parameters } from '../model/parameters.js';
import type { ExportDtype } from './exported-model.js';
import { toHalf } from './to-half.js';

/** Elements to be computed from a parameter's when a graph is written: it is built several times, and none of them has to hold weights. */
export class PendingElements implements ExternalData {
  readonly location = '';
  readonly offset = 0;
  readonly length = 0;
  /** Whose elements they come from. */
  readonly parameter: string;
  readonly derive: (elements: Float32Array) => TensorData;

  constructor(parameter: string, derive: PendingElements['derive']) {
    this.parameter = parameter;
    this.derive = derive;
  }
}

/**
 * Parameters whose elements come later; see `fillWeights`. Those stored as fp16 are widened where the graph begins, which a runtime does once, when
 * it loads it.
 */
export function pendingParameters(dtype: ExportDtype): Parameters {
  return new Parameters((g, { name, shape }) => {
    if (dtype !== 'fp16') return g.initializer(name, { dtype: 'float32', shape }, whole(name));
    const half = new PendingElements(name, (elements) => toHalf(elements, name));
    return cast(g, g.initializer(name, { dtype: 'float16', shape }, half), 'float32');
  });
}

const whole = (name: string): PendingElements => new PendingElements(name, (elements) => elements);

/**
 * A graph on {@link pendingParameters}, with the weights of linear layers and convolutions as int8: of all where they are exported as that, or else of
 * chosen blocks.
 */
export function withInt8(
  graph: Graph,
  dtype: ExportDtype,
  isQuantized: QuantizedScopes = () => false,
): Graph {
  return quantizeWeights(graph, dtype === 'int8' ? () => true : isQuantized, deriveLater);
}

const deriveLater: DeriveElements = ({ value: { name } }, derive) => new PendingElements(name, derive);
