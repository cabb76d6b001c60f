import { deriveFrom, quantizeWeights, type QuantizedScopes } from '../graph/quantize-weights.js';
import type { MeasuredGraph } from './measured-graph.js';
import { rootName, type MeasuredUNet } from './measured-unet.js';

/**
 * A graph on `measuredParameters`, with the weights of some blocks as int8.
 * @throws SnapEvoError `QUANTIZE_NOT_FINITE`
 */
export function withInt8Blocks(
  { readWeight }: Pick<MeasuredUNet, 'readWeight'>,
  measured: MeasuredGraph,
  isInt8: QuantizedScopes,
): MeasuredGraph {
  const derive = deriveFrom((name) => readWeight?.(name) ?? readWeight?.(rootName(name)));
  const graph = quantizeWeights(measured.graph, isInt8, derive);
  return { ...measured, graph };
}
