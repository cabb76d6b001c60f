import { startAtZeros } from './initialization.js';
import type { ParameterSpec } from './parameters.js';
import type { StoredParameters } from './stored-parameters.js';
import type { VaeConfig } from './vae-config.js';
import { vaeParameters } from './vae.js';

/** Its first two convolutions are 3x3, the others 4x4 in steps of 2. */
const plainLayers = 2;
/** How much coarser its last output is than the picture; a default of diffusers that no configuration changes. */
const stride = 16;

/**
 * What a VAE's folder holds. That of an `AsymmetricAutoencoderKL` has a `MaskConditionEncoder` too, which reads the masked picture in inpainting, and
 * which nothing else runs. Versions of diffusers differ in whether they load a folder without it, so it is written; zeros, where there was none.
 */
export function storedVaeParameters(config: VaeConfig): StoredParameters {
  const condition = conditionEncoderParameters(config);
  return {
    all: [...vaeParameters(config), ...condition],
    spare: new Set(condition.map(({ name }) => name)),
  };
}

function conditionEncoderParameters({ decoder, outChannels }: VaeConfig): ParameterSpec[] {
  if (decoder === undefined) return [];
  const widths = conditionWidths(decoder.blockOutChannels);
  return widths.flatMap((width, layer) => {
    const kernel = layer < plainLayers ? 3 : 4;
    const from = layer === 0 ? outChannels : (widths[layer - 1] ?? 0);
    const name = `decoder.condition_encoder.layers.${layer}`;
    return [
      { name: `${name}.weight`, shape: [width, from, kernel, kernel], initialization: startAtZeros },
      { name: `${name}.bias`, shape: [width], initialization: startAtZeros },
    ];
  });
}

/** Twice as wide with every layer, until it is as wide as the decoder's coarsest stage. */
function conditionWidths(blockOutChannels: readonly number[]): number[] {
  const [finest = 0] = blockOutChannels;
  const coarsest = blockOutChannels.at(-1) ?? 0;
  const widths = Array.from({ length: Math.log2(stride) }, (_, layer) =>
    Math.min(finest * 2 ** layer, coarsest),
  );
  return [...widths, coarsest];
}
