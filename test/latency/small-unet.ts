import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { parseUNetConfig } from '../../src/model/unet-config.js';
import { unetParameters } from '../../src/model/unet.js';
import type { MeasuredUNet } from '../../src/latency/measured-unet.js';
import type { LatencyTableKey } from '../../src/latency/latency-records.js';

const config = parseUNetConfig(
  JSON.stringify({
    block_out_channels: [16, 32],
    layers_per_block: 1,
    down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
    norm_num_groups: 4,
    cross_attention_dim: 8,
    attention_head_dim: 2,
  }),
);

export const original = unetArchitecture(config);
const weights = initializeParameters(unetParameters(config, original), 1);

/** A UNet of two levels and twelve blocks. */
export const smallUNet: MeasuredUNet = { config, findWeight: (name) => weights.get(name) };

export const smallKey: LatencyTableKey = {
  protocol: 1,
  deviceFingerprint: 'simulated',
  dtype: 'float32',
  batchSize: 2,
  latentHeight: 8,
  latentWidth: 8,
  contextLength: 3,
};
