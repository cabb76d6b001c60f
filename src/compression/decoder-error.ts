import { inBatches } from '../evaluation/batches.js';
import { clampValues } from '../evaluation/picture.js';
import { meanSquaredError } from '../evaluation/psnr.js';
import { RowModel } from '../evaluation/row-model.js';
import { weightParameters } from '../model/parameters.js';
import { buildVaeDecoder } from '../model/vae.js';
import type { DeviceHost } from '../runtime/device-host.js';
import type { Latents } from './make-latents.js';
import type { VaeModel } from './prune-decoder.js';

/**
 * Pictures that a decoder makes, [channels, height, width] each, with values cut off at -1 and 1.
 * @param latents divided by the scaling factor already
 * @throws the signal's reason, between two batches
 */
export async function decodePictures(
  host: DeviceHost,
  { config, weights }: VaeModel,
  { shape, rows }: Latents,
  batch: number,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const model = await RowModel.create(host, {
    name: 'decoder',
    batch,
    row: { dtype: 'float32', shape },
    build: (g, latents) => buildVaeDecoder(g, config, weightParameters(weights), latents),
  });
  try {
    const pictures = await inBatches(rows, batch, (part) => {
      signal?.throwIfAborted();
      return model.run(part);
    });
    return pictures.map(clampValues);
  } finally {
    await model.release();
  }
}

/** Squared error of each picture against another of the same latents. */
export function squaredErrors(pictures: readonly Float32Array[], wanted: readonly Float32Array[]): number[] {
  return pictures.map((picture, i) => meanSquaredError(picture, wanted[i] ?? new Float32Array()));
}
