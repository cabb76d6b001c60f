import { int8Blocks, type Architecture } from '../architecture/architecture.js';
import { generalizeGraph } from '../graph/generalize-graph.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { Graph } from '../graph/graph.js';
import { nameOutputs } from '../graph/name-outputs.js';
import { expand, reshape } from '../graph/ops.js';
import type { UNetConfig } from '../model/unet-config.js';
import { buildUNet } from '../model/unet.js';
import { batchAxis, heightAxis, widthAxis } from './any-size.js';
import type { ExportDtype } from './exported-model.js';
import { pendingParameters, withInt8 } from './pending-parameters.js';

const someTokens = { example: 5, other: 7 };

/**
 * A UNet of any batch, latents' size and number of tokens, with the inputs and outputs of Optimum's `UNetOnnxConfig`: `sample`, a `timestep` without
 * axes that all images share, `encoder_hidden_states`, to `out_sample`. Its weights are pending.
 */
export function exportedUNet(config: UNetConfig, architecture: Architecture, dtype: ExportDtype): Graph {
  const multiple = 2 ** (config.levels.length - 1);
  const axes = {
    batch_size: batchAxis,
    height: heightAxis(multiple),
    width: widthAxis(multiple),
    sequence_length: someTokens,
  };
  const graph = generalizeGraph((sizes) => {
    const { batch_size: batch = 0, height = 0, width = 0, sequence_length: tokens = 0 } = sizes;
    const g = new GraphBuilder();
    const sample = g.input('sample', { dtype: 'float32', shape: [batch, config.inChannels, height, width] });
    const timestep = g.input('timestep', { dtype: 'float32', shape: [] });
    const encoderHiddenStates = g.input('encoder_hidden_states', {
      dtype: 'float32',
      shape: [batch, tokens, config.contextChannels],
    });
    const inputs = {
      sample,
      timestep: expand(g, reshape(g, timestep, [1]), [batch]),
      encoderHiddenStates,
    };
    const output = buildUNet(g, config, architecture, pendingParameters(dtype), inputs);
    return withInt8(g.build('unet', [output]), dtype, int8Blocks(architecture));
  }, axes);
  return nameOutputs(graph, ['out_sample']);
}
