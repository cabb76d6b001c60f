import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Pipeline } from '../model/pipeline-folder.js';
import { vaeReduction } from '../model/vae-config.js';

/** Latents of a picture. */
export interface LatentExtents {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/**
 * What a pipeline's UNet is shown for pictures of a size: unless told otherwise, the size that the UNet was trained on, or else the VAE, whose file often
 * speaks of another training (that of Stable Diffusion 2.1's base model says 768, and the UNet 64 times 8). What the UNet wants beyond whole latents it says itself, when it is built.
 * @param size of the pictures, in pixels
 * @throws SnapEvoError `PICTURE_SIZE`
 */
export function latentExtents(
  { unet, vae }: Pick<Pipeline, 'unet' | 'vae'>,
  size: { readonly height?: number; readonly width?: number } = {},
): LatentExtents {
  const reduction = vaeReduction(vae.config);
  const side = vae.config.sampleSize / reduction;
  const [ownHeight, ownWidth] = unet.config.sampleSize ?? [side, side];
  const height = size.height === undefined ? ownHeight : size.height / reduction;
  const width = size.width === undefined ? ownWidth : size.width / reduction;
  if (Number.isInteger(height) && Number.isInteger(width)) {
    return { channels: unet.config.inChannels, height, width };
  }
  throw new SnapEvoError({
    code: 'PICTURE_SIZE',
    message: `expected a height and a width that are multiples of ${reduction}, found ${height * reduction} x ${width * reduction}`,
    hint: `the VAE makes latents ${reduction} times smaller than pictures`,
  });
}

/** Height of the pictures that belong to a pipeline's own {@link latentExtents}, in pixels. */
export function pictureSide(models: Pick<Pipeline, 'unet' | 'vae'>): number {
  return latentExtents(models).height * vaeReduction(models.vae.config);
}
