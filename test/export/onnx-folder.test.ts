import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantizeBlock, removeBlock } from '../../src/architecture/architecture.js';
import { gaussianNoise } from '../../src/diffusion/gaussian.js';
import { UNetSession } from '../../src/evaluation/unet-session.js';
import { exportedTextEncoder } from '../../src/export/text-encoder-graph.js';
import { exportedUNet } from '../../src/export/unet-graph.js';
import { exportedVaeDecoder, exportedVaeEncoder } from '../../src/export/vae-graphs.js';
import { writeOnnxFolder } from '../../src/export/onnx-folder.js';
import { writeOnnx } from '../../src/export/write-onnx.js';
import { fillWeights } from '../../src/export/fill-weights.js';
import type { Graph } from '../../src/graph/graph.js';
import { nodeScope } from '../../src/graph/node-scope.js';
import { verifyGraph } from '../../src/graph/verify-graph.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import { float32Tensor } from '../../src/runtime/tensor.js';
import { goldenFolder } from '../model/golden-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const pipeline = loadPipeline(goldenFolder('pipeline'));
const { unet, vae, textEncoder } = pipeline;
const architecture = ['down_blocks.1.resnets.0', 'up_blocks.1.attentions.0'].reduce(
  removeBlock,
  pipeline.architecture,
);

let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu'));
});
afterAll(() => host.close());

/** Names and sizes of a graph's inputs and outputs, as Optimum's own exports have them. */
const axesOf = (graph: Graph): Record<string, readonly (string | number)[]> =>
  Object.fromEntries(
    [...graph.inputs, ...graph.outputs].map((value) => [
      value.name,
      value.shape.map((size, axis) => graph.axes?.get(value)?.[axis] ?? size),
    ]),
  );

describe('graphs of any size', () => {
  const { inChannels, outChannels, contextChannels } = unet.config;

  it('have the inputs, outputs and axes of Optimum’s exports', () => {
    const image = (batch: string, channels: number, height: string, width: string): unknown => [
      batch,
      channels,
      height,
      width,
    ];
    expect(axesOf(exportedUNet(unet.config, architecture, 'fp32'))).toEqual({
      sample: image('batch_size', inChannels, 'height', 'width'),
      timestep: [],
      encoder_hidden_states: ['batch_size', 'sequence_length', contextChannels],
      out_sample: image('batch_size', outChannels, 'height', 'width'),
    });
    expect(axesOf(exportedTextEncoder(textEncoder.config, 'fp32'))).toEqual({
      input_ids: ['batch_size', 'sequence_length'],
      last_hidden_state: ['batch_size', 'sequence_length', textEncoder.config.hiddenSize],
      pooler_output: ['batch_size', textEncoder.config.hiddenSize],
    });
    const decoder = axesOf(exportedVaeDecoder(vae.config, 'fp32'));
    expect(decoder['latent_sample']).toEqual(
      image('batch_size', vae.config.latentChannels, 'latent_height', 'latent_width'),
    );
    expect(Object.keys(decoder)).toEqual(['latent_sample', 'sample']);
    const encoder = axesOf(exportedVaeEncoder(vae.config, 'fp32'));
    expect(Object.keys(encoder)).toEqual(['sample', 'latent_parameters']);
    expect(encoder['sample']).toEqual(
      image('batch_size', vae.config.inChannels, 'sample_height', 'sample_width'),
    );
  });

  it('are well formed', () => {
    expect(() => {
      verifyGraph(exportedUNet(unet.config, architecture, 'fp16'));
    }).not.toThrow();
  });

  it('compute at any size what the graph of that size computes, from a file of weights beside them too', async () => {
    const graph = exportedUNet(unet.config, architecture, 'fp32');
    const folder = temporaryFolder();
    writeOnnx(folder, graph, unet.weights, 0);
    expect(readdirSync(folder).toSorted()).toEqual(['model.onnx', 'model.onnx_data']);
    const sessions = [
      await host.createSession(serializeModel(fillWeights(graph, unet.weights, (data) => data))),
      await host.createSession(join(folder, 'model.onnx')),
    ];
    const multiple = 2 ** (unet.config.levels.length - 1);
    for (const [rows, height, width, tokens] of [
      [1, multiple, 2 * multiple, 3],
      [3, 3 * multiple, multiple, 1],
    ] as const) {
      const sample = gaussianNoise({ seed: 0, index: 0 }, rows * inChannels * height * width);
      const context = gaussianNoise({ seed: 0, index: 1 }, rows * tokens * contextChannels);
      const extents = { rows, height, width, tokens };
      const own = await UNetSession.create(
        host,
        { config: unet.config, architecture, extents },
        unet.weights,
      );
      const expected = await own.passOf(architecture)(sample, 301, context);
      await own.release();
      for (const session of sessions) {
        const { out_sample: found } = await session.run({
          sample: float32Tensor([rows, inChannels, height, width], sample),
          timestep: float32Tensor([], Float32Array.of(301)),
          encoder_hidden_states: float32Tensor([rows, tokens, contextChannels], context),
        });
        const apart = expected.map((value, i) => Math.abs(value - Number(found?.data[i])));
        expect(Math.max(...apart)).toBeLessThan(1e-5);
      }
    }
  });
});

describe('a folder for ONNX Runtime', () => {
  it('is laid out as Optimum’s, and half as large in fp16', () => {
    const [whole, half] = [temporaryFolder(), temporaryFolder()];
    const model = { pipeline, architecture, weights: unet.weights };
    writeOnnxFolder(whole, model, { dtype: 'fp32' });
    writeOnnxFolder(half, model, { dtype: 'fp16' });
    const parts = ['text_encoder', 'unet', 'vae_decoder', 'vae_encoder'];
    for (const part of parts) {
      expect(readdirSync(join(whole, part)).toSorted()).toEqual(['config.json', 'model.onnx']);
    }
    expect(existsSync(join(whole, 'scheduler', 'scheduler_config.json'))).toBe(true);
    expect(existsSync(join(whole, 'model_index.json'))).toBe(true);
    const size = (folder: string): number => statSync(join(folder, 'unet', 'model.onnx')).size;
    expect(size(half) / size(whole)).toBeLessThan(0.7);
  });
});

describe('weights of int8', () => {
  const graph = exportedUNet(unet.config, architecture, 'int8');
  const wideOf = ({ initializers }: Graph): string[] =>
    initializers
      .filter(
        ({ value: { name, dtype, shape } }) =>
          shape.length > 1 && dtype === 'float32' && name.includes('.weight'),
      )
      .map(({ value: { name } }) => name);

  it('are those of all linear layers and convolutions, and of nothing else', () => {
    verifyGraph(graph);
    expect(wideOf(graph)).toEqual([]);
    expect(graph.nodes.map(({ op }) => op)).not.toContain('Gemm');
    const wide = wideOf(exportedTextEncoder(textEncoder.config, 'int8'));
    expect(wide.map((name) => name.split('.').at(-2))).toEqual(['position_embedding', 'token_embedding']);
  });

  it('may be those of single blocks, beside others of any type', () => {
    const block = 'mid_block.attentions.0';
    const some = quantizeBlock(architecture, block);
    for (const dtype of ['fp32', 'fp16'] as const) {
      const mixed = exportedUNet(unet.config, some, dtype);
      verifyGraph(mixed);
      const integer = mixed.nodes.filter(({ op }) => op === 'MatMulInteger');
      expect(new Set(integer.map(nodeScope))).toEqual(new Set([block]));
      expect(mixed.nodes.filter(({ op }) => op === 'Gemm').map(nodeScope)).not.toContain(block);
      expect(() => fillWeights(mixed, unet.weights, (data) => data)).not.toThrow();
    }
  });

  it('change little of what is computed, at any size, from a file of weights beside them too', async () => {
    const folder = temporaryFolder();
    writeOnnx(folder, graph, unet.weights, 0);
    const whole = await host.createSession(
      serializeModel(
        fillWeights(exportedUNet(unet.config, architecture, 'fp32'), unet.weights, (data) => data),
      ),
    );
    const quantized = [
      await host.createSession(serializeModel(fillWeights(graph, unet.weights, (data) => data))),
      await host.createSession(join(folder, 'model.onnx')),
    ];
    const { inChannels, contextChannels } = unet.config;
    for (const [rows, side, tokens] of [
      [1, 4, 3],
      [3, 8, 1],
    ] as const) {
      const image = [rows, inChannels, side, side];
      const context = [rows, tokens, contextChannels];
      const feeds = {
        sample: float32Tensor(image, gaussianNoise({ seed: 0, index: 0 }, rows * inChannels * side * side)),
        timestep: float32Tensor([], Float32Array.of(301)),
        encoder_hidden_states: float32Tensor(
          context,
          gaussianNoise({ seed: 0, index: 1 }, rows * tokens * contextChannels),
        ),
      };
      const expected = (await whole.run(feeds))['out_sample']?.data as Float32Array;
      for (const session of quantized) {
        const found = (await session.run(feeds))['out_sample']?.data as Float32Array;
        const apart = expected.map((value, i) => value - (found[i] ?? Number.NaN));
        const error = Math.hypot(...apart) / Math.hypot(...expected);
        expect(error).toBeGreaterThan(1e-6);
        expect(error).toBeLessThan(0.15);
      }
    }
  });

  it('are refused where they would hold no number', () => {
    const [name = ''] = [...unet.weights.keys()].filter((each) => each.endsWith('conv1.weight'));
    const damaged = new Map(unet.weights).set(name, Float32Array.of(Number.NaN));
    expect(() => fillWeights(graph, damaged, (data) => data)).toThrow(
      expect.objectContaining({ code: 'QUANTIZE_NOT_FINITE', where: name }),
    );
  });
});
