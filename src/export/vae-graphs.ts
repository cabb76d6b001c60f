import { generalizeGraph, type GraphAxes } from '../graph/generalize-graph.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import type { Graph } from '../graph/graph.js';
import { nameOutputs } from '../graph/name-outputs.js';
import { concat } from '../graph/ops.js';
import { vaeReduction, type VaeConfig } from '../model/vae-config.js';
import { buildVaeDecoder, buildVaeEncoder } from '../model/vae.js';
import { batchAxis, heightAxis, widthAxis } from './any-size.js';
import type { ExportDtype } from './exported-model.js';
import { pendingParameters, withInt8 } from './pending-parameters.js';

/**
 * A VAE's encoder of any batch and picture size, with the input and output of Optimum's `VaeEncoderOnnxConfig`: `sample` to `latent_parameters`, means
 * before logarithms of variances. Its weights are pending.
 */
export function exportedVaeEncoder(config: VaeConfig, dtype: ExportDtype): Graph {
  const multiple = vaeReduction(config);
  const axes: GraphAxes = {
    batch_size: batchAxis,
    sample_height: heightAxis(multiple),
    sample_width: widthAxis(multiple),
  };
  const graph = generalizeGraph(
    ({ batch_size: batch = 0, sample_height: height = 0, sample_width: width = 0 }) => {
      const g = new GraphBuilder();
      const image = g.input('sample', { dtype: 'float32', shape: [batch, config.inChannels, height, width] });
      const { mean, logVariance } = buildVaeEncoder(g, config, pendingParameters(dtype), image);
      return withInt8(g.build('vae_encoder', [concat(g, [mean, logVariance], 1)]), dtype);
    },
    axes,
  );
  return nameOutputs(graph, ['latent_parameters']);
}

/** A VAE's decoder likewise, after Optimum's `VaeDecoderOnnxConfig`: `latent_sample` to `sample`. */
export function exportedVaeDecoder(config: VaeConfig, dtype: ExportDtype): Graph {
  const axes: GraphAxes = {
    batch_size: batchAxis,
    latent_height: heightAxis(1),
    latent_width: widthAxis(1),
  };
  const graph = generalizeGraph(
    ({ batch_size: batch = 0, latent_height: height = 0, latent_width: width = 0 }) => {
      const g = new GraphBuilder();
      const shape = [batch, config.latentChannels, height, width];
      const latents = g.input('latent_sample', { dtype: 'float32', shape });
      return withInt8(
        g.build('vae_decoder', [buildVaeDecoder(g, config, pendingParameters(dtype), latents)]),
        dtype,
      );
    },
    axes,
  );
  return nameOutputs(graph, ['sample']);
}
