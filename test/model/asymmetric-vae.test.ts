import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeDiffusersFolder } from '../../src/export/diffusers-folder.js';
import { writeOnnxFolder } from '../../src/export/onnx-folder.js';
import { loadModel, writeModel } from '../../src/model/model-folder.js';
import { vaeKind } from '../../src/model/model-kind.js';
import { weightParameters } from '../../src/model/parameters.js';
import { loadPipeline, writePipeline, type Pipeline } from '../../src/model/pipeline-folder.js';
import { parseVaeConfig } from '../../src/model/vae-config.js';
import { buildVaeDecoder, buildVaeEncoder } from '../../src/model/vae.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { writeSafetensors } from '../../src/onnx/safetensors-writer.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { goldenFolder } from './golden-folder.js';
import { largestDifference, pick, readGolden, runGraph, tensorNamed } from './golden.js';

const student = goldenFolder('../decoder/student');
const { config, configText, weights } = loadModel(vaeKind, student);
const tolerance = 1e-4;
const file = JSON.parse(configText) as Record<string, unknown>;
const weightsFile = 'diffusion_pytorch_model.safetensors';

describe('AsymmetricAutoencoderKL', () => {
  const golden = readGolden('../decoder/student');

  it('encodes as diffusers does', async () => {
    const { mean, logVariance } = await runGraph(pick(golden, 'image'), (g, input) => ({
      ...buildVaeEncoder(g, config, weightParameters(weights), input('image')),
    }));
    expect(largestDifference(mean ?? never(), tensorNamed(golden, 'mean'))).toBeLessThan(tolerance);
    expect(largestDifference(logVariance ?? never(), tensorNamed(golden, 'logvar'))).toBeLessThan(tolerance);
  });

  it('decodes as diffusers does without a mask', async () => {
    const { decoded } = await runGraph(pick(golden, 'latents'), (g, input) => ({
      decoded: buildVaeDecoder(g, config, weightParameters(weights), input('latents')),
    }));
    expect(largestDifference(decoded ?? never(), tensorNamed(golden, 'decoded'))).toBeLessThan(tolerance);
  });

  it('is read with the stages of both halves, and no more fields than its class has', () => {
    expect(config).toMatchObject({ blockOutChannels: [8, 16, 16], layersPerBlock: 1 });
    expect(config.decoder).toEqual({ blockOutChannels: [4, 8, 8], layersPerBlock: 2 });
    expect(
      parseVaeConfig('{"_class_name": "AsymmetricAutoencoderKL", "norm_num_groups": 8}').decoder,
    ).toEqual({
      blockOutChannels: [64],
      layersPerBlock: 1,
    });
  });

  it.each([
    ['widths of a level less', { up_block_out_channels: [4, 8] }, /up_block_out_channels: expected 3 stages/],
    [
      'a width that falls into no groups',
      { up_block_out_channels: [4, 8, 6] },
      /6 channels do not fall into norm_num_groups 4/,
    ],
    ['a hostile width', { up_block_out_channels: [4, 8, 1e9] }, /up_block_out_channels.2/],
    ['a hostile depth', { layers_per_up_block: 1e6 }, /layers_per_up_block/],
    ['a field of the plain class', { use_quant_conv: false }, /unknown field "use_quant_conv"/],
    ['a shift', { shift_factor: 0.1 }, /unknown field "shift_factor"/],
    ['no list', { down_block_out_channels: 'x' }, /down_block_out_channels/],
  ])('is refused with %s', (_, change, message) => {
    expect(() => parseVaeConfig(JSON.stringify({ ...file, ...change }))).toThrow(
      expect.objectContaining({
        code: 'MODEL_CONFIG_UNSUPPORTED',
        message: expect.stringMatching(message) as unknown,
      }),
    );
  });

  it('keeps its condition encoder, and gets one of zeros where it has none, which diffusers wants there', () => {
    const [whole, stripped, written] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    writeModel(vaeKind, whole, { config, configText, weights });
    const stored = tensorsOf(whole);
    expect(stored).toEqual(tensorsOf(student));
    cpSync(join(student, 'config.json'), join(stripped, 'config.json'));
    const left = [...stored].filter(([name]) => !name.includes('condition_encoder'));
    expect(left.length).toBeLessThan(stored.size);
    const tensors = left.map(
      ([name, shape]) => [name, { shape, data: weights.get(name) ?? never() }] as const,
    );
    writeSafetensors(join(stripped, weightsFile), new Map(tensors));
    writeModel(vaeKind, written, loadModel(vaeKind, stripped));
    expect(tensorsOf(written)).toEqual(stored);
    const again = loadModel(vaeKind, written).weights;
    for (const [name, data] of again) {
      if (name.includes('condition_encoder')) expect(data.every((each) => each === 0)).toBe(true);
      else expect(data).toEqual(weights.get(name));
    }
  });
});

describe('a pipeline with an AsymmetricAutoencoderKL', () => {
  const plain = loadPipeline(goldenFolder('pipeline'));
  const pipeline: Pipeline = { ...plain, vae: { config, configText, weights } };
  const model = { pipeline, architecture: pipeline.architecture, weights: pipeline.unet.weights };
  const indexOf = (folder: string): Record<string, unknown> =>
    JSON.parse(readFileSync(join(folder, 'model_index.json'), 'utf8')) as Record<string, unknown>;

  it.each([
    [
      'exported for diffusers',
      (folder: string): unknown => writeDiffusersFolder(folder, model, { dtype: 'fp32' }),
    ],
    [
      'written',
      (folder: string): void => {
        writePipeline(folder, pipeline);
      },
    ],
  ])('%s is of that class, and is read again with the same weights', (_, write) => {
    const folder = temporaryFolder();
    write(folder);
    expect(indexOf(folder)['vae']).toEqual(['diffusers', 'AsymmetricAutoencoderKL']);
    const loaded = loadPipeline(folder);
    expect(loaded.vae.config).toEqual(config);
    expect(loaded.vae.weights).toEqual(weights);
  });

  it('is refused where model_index.json names the other class', () => {
    const folder = temporaryFolder();
    writePipeline(folder, pipeline);
    const index = { ...indexOf(folder), vae: ['diffusers', 'AutoencoderKL'] };
    writeFileSync(join(folder, 'model_index.json'), JSON.stringify(index));
    expect(() => loadPipeline(folder)).toThrow(
      expect.objectContaining({
        code: 'PIPELINE_UNSUPPORTED',
        message: expect.stringMatching(
          /names AutoencoderKL, vae\/config.json is that of AsymmetricAuto/,
        ) as unknown,
      }),
    );
    rmSync(join(folder, 'vae', 'config.json'));
    cpSync(join(goldenFolder('pipeline'), 'vae', 'config.json'), join(folder, 'vae', 'config.json'));
    expect(() => loadPipeline(folder)).toThrow(expect.objectContaining({ code: 'WEIGHTS_MISMATCH' }));
  });

  it('exported to ONNX has for each half the plain class with the stages of that half', () => {
    const folder = temporaryFolder();
    writeOnnxFolder(folder, model, { dtype: 'fp32' });
    const half = (name: string): unknown =>
      parseVaeConfig(readFileSync(join(folder, name, 'config.json'), 'utf8'));
    expect(half('vae_encoder')).toMatchObject({ blockOutChannels: [8, 16, 16], layersPerBlock: 1 });
    expect(half('vae_decoder')).toMatchObject({ blockOutChannels: [4, 8, 8], layersPerBlock: 2 });
    expect(indexOf(folder)['vae']).toEqual(['diffusers', 'AutoencoderKL']);
  });
});

/** Shapes of a folder's tensors by name. */
function tensorsOf(folder: string): Map<string, readonly number[]> {
  return new Map(
    [...openSafetensors(join(folder, weightsFile)).tensors].map(([name, { shape }]) => [name, shape]),
  );
}

function never(): never {
  throw new Error('no tensor');
}
