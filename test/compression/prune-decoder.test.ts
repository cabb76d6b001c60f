import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptChannels } from '../../src/compression/kept-channels.js';
import { decodePictures, squaredErrors } from '../../src/compression/decoder-error.js';
import type { ChannelImportance, ChannelStudy } from '../../src/compression/channel-set.js';
import { decoderChannelSets } from '../../src/compression/decoder-channels.js';
import { prunedConfig, pruneDecoder, type VaeModel } from '../../src/compression/prune-decoder.js';
import { studyChannels } from '../../src/compression/study-channels.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { peakSignalToNoiseDb } from '../../src/evaluation/psnr.js';
import type { Latents } from '../../src/compression/make-latents.js';
import { stableHash } from '../../src/data/stable-hash.js';
import { emojiSet } from '../../src/cli/compose/scoring-captions.js';
import type { Picture } from '../../src/evaluation/picture.js';
import { RowModel } from '../../src/evaluation/row-model.js';
import { weightParameters } from '../../src/model/parameters.js';
import { elementCount, type Shape } from '../../src/graph/value.js';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { loadModel } from '../../src/model/model-folder.js';
import { vaeKind } from '../../src/model/model-kind.js';
import { parseVaeConfig, type VaeConfig } from '../../src/model/vae-config.js';
import { buildVaeEncoder, vaeDecoderParameters } from '../../src/model/vae.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';

let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(() => host.close());

/** A VAE of those widths, in whose groups there are as many channels as its widths and groups say. */
function vaeConfig(widths: readonly number[], groups: number, layers = 1): VaeConfig {
  const types = (name: string): string[] => widths.map(() => name);
  return parseVaeConfig(
    JSON.stringify({
      block_out_channels: widths,
      layers_per_block: layers,
      norm_num_groups: groups,
      down_block_types: types('DownEncoderBlock2D'),
      up_block_types: types('UpDecoderBlock2D'),
    }),
  );
}

const anyImportance: ChannelImportance = ({ channels, name }) =>
  Float64Array.from(gaussianNoise({ seed: 2, index: name.length }, channels));

/** Without means, what went is taken to have been zero. */
const unstudied = (importance: ChannelImportance): ChannelStudy => ({ importance, means: new Map() });

const drawn = (config: VaeConfig, seed = 1): VaeModel => ({
  config,
  weights: initializeParameters(vaeDecoderParameters(config), seed),
});

/** Groups of 2 to 6 channels in widths that may repeat, and ratios that leave whole channels. */
const prunings = fc
  .record({
    groups: fc.constantFrom(1, 2, 3),
    perGroup: fc.array(fc.constantFrom(2, 4, 6), { minLength: 1, maxLength: 3 }),
    layers: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ groups, perGroup, layers }) => ({
    config: vaeConfig(
      perGroup.map((channels) => channels * groups),
      groups,
      layers,
    ),
    ratio: 0.5,
  }));

describe('pruning a decoder', () => {
  it('gives exactly the parameters of the smaller configuration, of its shapes', () => {
    fc.assert(
      fc.property(prunings, ({ config, ratio }) => {
        const { config: small, weights } = pruneDecoder(drawn(config), ratio, unstudied(anyImportance));
        const specs = vaeDecoderParameters(small);
        expect([...weights.keys()].toSorted()).toEqual(specs.map(({ name }) => name).toSorted());
        for (const { name, shape } of specs)
          expect(weights.get(name), name).toHaveLength(elementCount(shape));
        expect(small.decoder?.blockOutChannels).toEqual(config.blockOutChannels.map((width) => width / 2));
        expect({ ...small, decoder: undefined }).toEqual({ ...config, decoder: undefined });
      }),
      { numRuns: 30 },
    );
  });

  it('leaves as many queries, keys and values as channels, by a ratio that is nearly whole too', () => {
    const config = vaeConfig([48, 96], 16);
    const { config: small, weights } = pruneDecoder(drawn(config), 0.326, unstudied(anyImportance));
    expect(small.decoder?.blockOutChannels).toEqual([32, 64]);
    for (const { name, shape } of vaeDecoderParameters(small))
      expect(weights.get(name), name).toHaveLength(elementCount(shape));
  });

  it('keeps of every normalisation group as many channels, in their order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 40, maxLength: 40 }),
        (groups, half, scores) => {
          const channels = 2 * half * groups;
          const kept = keptChannels({ channels, groups }, Float64Array.from(scores), channels / 2);
          expect(kept).toEqual(kept.toSorted((a, b) => a - b));
          for (let group = 0; group < groups; group++) {
            const own = kept.filter((channel) => Math.floor(channel / (2 * half)) === group);
            expect(own).toHaveLength(half);
            const left = Array.from({ length: 2 * half }, (_, i) => group * 2 * half + i).filter(
              (channel) => !own.includes(channel),
            );
            for (const gone of left) {
              for (const stays of own) {
                const [worse, better] = [scores[gone] ?? 0, scores[stays] ?? 0];
                expect(worse < better || (worse === better && gone > stays)).toBe(true);
              }
            }
          }
        },
      ),
    );
  });

  it('finds every axis of every parameter in one set, but those of latents and pictures', () => {
    fc.assert(
      fc.property(prunings, ({ config }) => {
        const axes = decoderChannelSets(config).flatMap((set) =>
          set.axes.map(({ parameter, axis }) => [`${parameter} ${axis}`, set.channels] as const),
        );
        const expected = vaeDecoderParameters(config)
          .filter(({ name }) => !name.startsWith('post_quant_conv.'))
          .flatMap(({ name, shape }) =>
            shape.slice(0, 2).map((extent, axis) => [`${name} ${axis}`, extent] as const),
          )
          .filter(([axis]) => !/^decoder\.(conv_in\.weight 1|conv_out\.(weight|bias) 0)$/.test(axis));
        expect(axes.toSorted()).toEqual(expected.toSorted());
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [0.3, [16, 32], 4, 'choose 0.25, 0.5, 0.75'],
    [0.5, [12, 24], 4, 'choose 0.333, 0.667'],
    [0.9, [16, 32], 4, 'choose 0.25, 0.5, 0.75'],
    [0.5, [4, 8], 4, 'it can not be pruned'],
  ])('by %s is refused of widths %j in %s groups: %s', (ratio, widths, groups, hint) => {
    expect(() => prunedConfig(vaeConfig(widths, groups), ratio)).toThrow(
      expect.objectContaining({
        code: 'DECODER_PRUNE_RATIO',
        hint: expect.stringContaining(hint) as unknown,
      }),
    );
  });

  it.each([1 / 3, 0.333, 0.33])('takes %s for a third', (ratio) => {
    expect(prunedConfig(vaeConfig([12, 24], 4), ratio).decoder?.blockOutChannels).toEqual([8, 16]);
  });

  it('is refused of a VAE that diffusers has no class for once it is pruned', () => {
    const config = { ...vaeConfig([16, 32], 4), midBlockAttention: false };
    expect(() => prunedConfig(config, 0.5)).toThrow(
      expect.objectContaining({ code: 'DECODER_NOT_EXPRESSIBLE' }),
    );
  });
});

describe('the pictures of a pruned decoder', () => {
  it('are those of the original where only twins that nothing reads have gone', async () => {
    const small = drawn(prunedConfig(vaeConfig([8, 8, 16], 4), 0.5), 3);
    const large = withTwins(vaeConfig([8, 8, 16], 4), small);
    const latents = {
      shape: [4, 3, 5],
      rows: [0, 1].map((index) => gaussianNoise({ seed: 5, index }, 4 * 3 * 5)),
    };
    const study = await studyChannels(host, large, latents);
    const { importance } = study;
    for (const set of decoderChannelSets(large.config)) {
      importance(set).forEach((each, channel) => {
        if (channel % 2 === 1) expect(each, set.name).toBe(0);
        else expect(each, set.name).toBeGreaterThan(0);
      });
    }
    const { weights, config } = pruneDecoder(large, 0.5, study);
    expect(config).toEqual(small.config);
    const wanted = await decodePictures(host, large, latents, 2);
    const found = await decodePictures(host, { config, weights }, latents, 2);
    found.forEach((picture, i) => {
      const off = picture.map((value, k) => Math.abs(value - (wanted[i]?.[k] ?? Number.NaN)));
      expect(Math.max(...off)).toBeLessThan(1e-4);
    });
  });

  it('of the emoji model are nearer the original’s by importance than at random and the wrong way round, and with the means of what went than without', async () => {
    const vae = loadModel(vaeKind, new URL('../../models/emoji/vae', import.meta.url).pathname);
    const images = (await emojiSet('train', 24, 64)).pictures;
    const latents = await latentsOf(vae, images);
    const some = (rows: readonly Float32Array[]): Latents => ({ shape: [4, 16, 16], rows });
    const [calibration, measured] = [some(latents.slice(0, 16)), some(latents.slice(16))];
    const study = await studyChannels(host, vae, calibration);
    const { importance, means } = study;
    const wanted = await decodePictures(host, vae, measured, 8);
    const psnr = async (by: ChannelStudy): Promise<number> => {
      const pictures = await decodePictures(host, pruneDecoder(vae, 0.5, by), measured, 8);
      const errors = squaredErrors(pictures, wanted);
      return peakSignalToNoiseDb(errors.reduce((sum, error) => sum + error, 0) / errors.length);
    };
    const best = await psnr(study);
    expect(best).toBeGreaterThan(await psnr(unstudied(importance)));
    for (const seed of [1, 2, 3]) {
      const random: ChannelImportance = ({ name, channels }) =>
        Float64Array.from(gaussianNoise({ seed, index: stableHash(name) }, channels));
      expect(best).toBeGreaterThan(await psnr({ importance: random, means }));
    }
    expect(best).toBeGreaterThan(
      await psnr({ importance: (set) => importance(set).map((value) => -value), means }),
    );
  });
});

/** Means of pictures' latents, as the VAE's decoder reads them. */
async function latentsOf(vae: VaeModel, pictures: readonly Picture[]): Promise<Float32Array[]> {
  const encoder = await RowModel.create(host, {
    name: 'encoder',
    batch: 8,
    row: { dtype: 'float32', shape: [3, 64, 64] },
    build: (g, image) => buildVaeEncoder(g, vae.config, weightParameters(vae.weights), image).mean,
  });
  const latents = await encoder.run(pictures.map(({ pixels }) => pixels));
  await encoder.release();
  return latents;
}

/**
 * A decoder that draws what a small one does, with every channel twice: side by side, so that both are in one normalisation group, whose mean and deviation
 * then are what one of them gives. (Channels of zeros would not do: their group's mean and deviation are others without them.) What reads the channels reads
 * the first of two alone; queries' second ones are zero, and the first larger, since twice as many channels divide their products by sqrt(2).
 */
function withTwins(config: VaeConfig, { config: small, weights }: VaeModel): VaeModel {
  const axesOf = new Map<string, Set<number>>();
  for (const { axes } of decoderChannelSets(config)) {
    for (const { parameter, axis } of axes) {
      axesOf.set(parameter, (axesOf.get(parameter) ?? new Set()).add(axis));
    }
  }
  const smallShapes = new Map(vaeDecoderParameters(small).map(({ name, shape }) => [name, shape]));
  const twinned = vaeDecoderParameters(config).map(({ name, shape }) => {
    const axes = axesOf.get(name) ?? new Set();
    const source = weights.get(name) ?? new Float32Array();
    const isQuery = name.includes('.to_q.');
    const data = Float32Array.from({ length: elementCount(shape) }, (_, index) => {
      const place = placeOf(index, shape);
      const isSecond = (axis: number): boolean => axes.has(axis) && (place[axis] ?? 0) % 2 === 1;
      if (isSecond(1) || (isQuery && isSecond(0))) return 0;
      const own = place.map((each, axis) => (axes.has(axis) ? each >> 1 : each));
      const value = source[indexOf(own, smallShapes.get(name) ?? [])] ?? Number.NaN;
      return isQuery ? Math.SQRT2 * value : value;
    });
    return [name, data] as const;
  });
  return { config, weights: new Map(twinned) };
}

/** Where an element of a tensor is along each axis, and the way back. */
const placeOf = (index: number, shape: Shape): number[] =>
  shape.map((extent, axis) => Math.floor(index / elementCount(shape.slice(axis + 1))) % extent);
const indexOf = (place: readonly number[], shape: Shape): number =>
  shape.reduce((index, extent, axis) => index * extent + (place[axis] ?? 0), 0);
