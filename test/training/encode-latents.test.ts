import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { StoredWeights } from '../../src/model/stored-weights.js';
import { parseVaeConfig } from '../../src/model/vae-config.js';
import { vaeParameters } from '../../src/model/vae.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import { encodeLatents, latentScale } from '../../src/training/encode-latents.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { packedPictures } from './picture-fixtures.js';

const config = parseVaeConfig(
  JSON.stringify({
    down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
    up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
    block_out_channels: [2, 4],
    norm_num_groups: 2,
    latent_channels: 3,
    sample_size: 4,
  }),
);
const weights = initializeParameters(vaeParameters(config), 1);

describe('encoded pictures', () => {
  let host: DeviceHost;
  beforeAll(() => {
    host = new DeviceHost(parseDevice('cpu', 1));
  });
  afterAll(() => host.close());

  it('stand in their order, whatever share of the last batch they fill', async () => {
    const many = packedPictures(35, 4);
    const [latentSize, pictureSize] = [3 * 2 * 2, 3 * 4 * 4];
    const latents = await encodeLatents(host, config, weights, many);
    expect(latents).toHaveLength(35 * latentSize);
    for (const index of [0, 31, 32, 34]) {
      const pixels = many.pixels.subarray(index * pictureSize, (index + 1) * pictureSize);
      const alone = await encodeLatents(host, config, weights, { count: 1, size: 4, pixels });
      expect(alone).toHaveLength(latentSize);
      alone.forEach((value, k) => {
        expect(latents[index * latentSize + k]).toBeCloseTo(value, 5);
      });
    }
    expect(new Set(Array.from({ length: 35 }, (_, i) => latents[i * latentSize])).size).toBe(35);
  });

  it('are the same on weights that stay in their file', async () => {
    const path = join(temporaryFolder(), 'vae.safetensors');
    const shapes = vaeParameters(config).map(({ name, shape }) => [name, shape] as const);
    writeSafetensors(
      path,
      new Map(
        shapes.map(([name, shape]) => [name, { shape, data: weights.get(name) ?? new Float32Array() }]),
      ),
    );
    const stored = new StoredWeights(openSafetensors(path), new Map(shapes.map(([name]) => [name, name])));
    const pictures = packedPictures(3, 4);
    const fromMemory = await encodeLatents(host, config, weights, pictures);
    const fromFile = await encodeLatents(host, config, stored, pictures);
    expect(fromFile).toHaveLength(fromMemory.length);
    fromFile.forEach((value, k) => {
      expect(value).toBeCloseTo(fromMemory[k] ?? Number.NaN, 5);
    });
  });
});

describe('the scale of latents', () => {
  it('brings their deviation to one, wherever their mean is', () => {
    expect(latentScale(Float32Array.of(5, 9, 5, 9))).toBe(0.5);
    const latents = Float32Array.from({ length: 1000 }, (_, i) => 3 + 0.2 * Math.sin(i));
    const scaled = latents.map((value) => value * latentScale(latents));
    expect(latentScale(scaled)).toBeCloseTo(1, 5);
  });
});
