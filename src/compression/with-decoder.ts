import { asymmetricVaeText } from '../model/asymmetric-vae-text.js';
import type { LoadedModel } from '../model/model-folder.js';
import type { VaeConfig } from '../model/vae-config.js';
import type { VaeModel } from './prune-decoder.js';

/** The VAE with another decoder in the place of its own. */
export function withDecoder({ weights }: LoadedModel<VaeConfig>, small: VaeModel): LoadedModel<VaeConfig> {
  const isDecoders = (name: string): boolean => /^(decoder|post_quant_conv)\./.test(name);
  const encoder = [...weights].filter(([name]) => !isDecoders(name));
  return {
    config: small.config,
    configText: asymmetricVaeText(small.config),
    weights: new Map([...encoder, ...small.weights]),
  };
}
