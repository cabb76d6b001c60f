import { generalizeGraph } from '../graph/generalize-graph.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { Graph } from '../graph/graph.js';
import { nameOutputs } from '../graph/name-outputs.js';
import { cast, mul, reduceSum, reshape } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { withoutUnused } from '../graph/without-unused.js';
import type { ClipTextConfig } from '../model/clip-text-config.js';
import { buildClipText, type ClipTextOutputs } from '../model/clip-text.js';
import { batchAxis } from './any-size.js';
import type { ExportDtype } from './exported-model.js';
import { pendingParameters, withInt8 } from './pending-parameters.js';

/**
 * A text encoder of any batch and number of tokens, with the input and outputs of Optimum's `CLIPTextOnnxConfig`: `input_ids` to `last_hidden_state` and
 * `pooler_output`. Its weights are pending.
 */
export function exportedTextEncoder(config: ClipTextConfig, dtype: ExportDtype): Graph {
  const most = config.maxTokens;
  const axes = {
    batch_size: batchAxis,
    sequence_length: { example: Math.max(1, most - 2), other: Math.max(1, most - 1), most },
  };
  const graph = generalizeGraph(({ batch_size: batch = 0, sequence_length: tokens = 0 }) => {
    const g = new GraphBuilder();
    const inputIds = g.input('input_ids', { dtype: 'int64', shape: [batch, tokens] });
    const outputs = buildClipText(g, config, pendingParameters(dtype), inputIds);
    return withInt8(
      withoutUnused(g.build('text_encoder', [outputs.lastHiddenState, pool(g, outputs)])),
      dtype,
    );
  }, axes);
  return nameOutputs(graph, ['last_hidden_state', 'pooler_output']);
}

/** The hidden state at the end of the text, [batch, hidden]: all the others times 0, and added up. */
function pool(g: GraphBuilder, { lastHiddenState, endPosition }: ClipTextOutputs): Value {
  const [batch = 0, tokens = 0] = lastHiddenState.shape;
  const positions = g.constantInt64(
    [1, tokens],
    Array.from({ length: tokens }, (_, i) => i),
  );
  const isEnd = g.add('Equal', [positions, reshape(g, endPosition, [batch, 1])], {});
  const mask = reshape(g, cast(g, isEnd, 'float32'), [batch, tokens, 1]);
  return reduceSum(g, mul(g, lastHiddenState, mask), [1]);
}
