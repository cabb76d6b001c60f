import type { PackedImages } from '../data/packed-images.js';
import { gatherImages } from '../data/packed-images.js';
import { externalFolder } from '../graph/external-folder.js';
import { GraphBuilder } from '../graph/graph-builder.js';
import { serializeModel } from '../onnx/serialize-model.js';
import { weightParameters, type Weights } from '../model/parameters.js';
import { vaeReduction, type VaeConfig } from '../model/vae-config.js';
import { buildVaeEncoder } from '../model/vae.js';
import type { DeviceHost } from '../runtime/device-host.js';
import { float32Tensor } from '../runtime/tensor.js';

/** Pictures encoded at a time: large ones one by one, since a VAE's first layers take hundreds of megabytes for each. */
const batchOf = (side: number): number => Math.max(1, Math.min(32, Math.floor((32 * 64 ** 2) / side ** 2)));

/** Means of the pictures' latents, not scaled: [count, latentChannels, side, side]. */
export async function encodeLatents(
  host: DeviceHost,
  config: VaeConfig,
  weights: Weights,
  images: PackedImages,
): Promise<Float32Array> {
  const g = new GraphBuilder();
  const batch = batchOf(images.size);
  const shape = [batch, config.inChannels, images.size, images.size];
  const picture = g.input('picture', { dtype: 'float32', shape });
  const { mean } = buildVaeEncoder(g, config, weightParameters(weights), picture);
  const graph = g.build('encoder', [mean]);
  const session = await host.createSession(serializeModel(graph), externalFolder(graph));
  const size = config.latentChannels * (images.size / vaeReduction(config)) ** 2;
  const latents = new Float32Array(images.count * size);
  try {
    for (let start = 0; start < images.count; start += batch) {
      const indices = Array.from({ length: batch }, (_, i) => Math.min(start + i, images.count - 1));
      const pixels = gatherImages(
        images,
        indices.map((index) => ({ index })),
      );
      const outputs = await session.run({ picture: float32Tensor(shape, pixels) });
      const found = outputs[mean.name]?.data as Float32Array;
      const used = Math.min(batch, images.count - start);
      latents.set(found.subarray(0, used * size), start * size);
    }
  } finally {
    await session.release();
  }
  return latents;
}

/** One over the deviation of all latents: what the diffusion's latents are multiplied by. */
export function latentScale(latents: Float32Array): number {
  const mean = latents.reduce((sum, value) => sum + value, 0) / latents.length;
  const variance = latents.reduce((sum, value) => sum + (value - mean) ** 2, 0) / latents.length;
  return 1 / Math.sqrt(variance);
}
