import type { LoadedModel } from '../model/model-folder.js';
import { weightParameters } from '../model/parameters.js';
import type { VaeConfig } from '../model/vae-config.js';
import { buildVaeDecoder, buildVaeEncoder } from '../model/vae.js';
import type { DeviceHost } from '../runtime/device-host.js';
import { clampValues, type Picture } from './picture.js';
import { meanSquaredError } from './psnr.js';
import { RowModel } from './row-model.js';

/**
 * Squared error of each picture after the VAE has encoded it, to the mean of its latents, and decoded it again.
 * @param pictures of one size
 * @throws SnapEvoError `VAE_IMAGE_SIZE` or `SESSION_FAILED`
 */
export async function vaeSquaredErrors(
  host: DeviceHost,
  { config, weights }: Pick<LoadedModel<VaeConfig>, 'config' | 'weights'>,
  pictures: readonly Picture[],
  batch: number,
): Promise<number[]> {
  const [first] = pictures;
  if (first === undefined) return [];
  const model = await RowModel.create(host, {
    name: 'vae',
    batch,
    row: { dtype: 'float32', shape: [config.inChannels, first.height, first.width] },
    build: (g, image) => {
      const parameters = weightParameters(weights);
      return buildVaeDecoder(g, config, parameters, buildVaeEncoder(g, config, parameters, image).mean);
    },
  });
  try {
    const restored = await model.run(pictures.map(({ pixels }) => pixels));
    return restored.map((pixels, index) =>
      meanSquaredError(clampValues(pixels), pictures[index]?.pixels ?? pixels),
    );
  } finally {
    await model.release();
  }
}
