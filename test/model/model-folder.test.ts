import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { copyBlock, removeBlock } from '../../src/architecture/architecture.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { initializeParameters } from '../../src/model/initialize-parameters.js';
import { loadModel, openModel, writeModel } from '../../src/model/model-folder.js';
import { clipKind, clipTextKind, unetKind, vaeKind, type ModelKind } from '../../src/model/model-kind.js';
import { initializerParameters } from '../../src/model/parameters.js';
import { loadPipeline, writePipeline } from '../../src/model/pipeline-folder.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { buildUNet, unetParameters } from '../../src/model/unet.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { writeSafetensors, type SafetensorsTensor } from '../../src/onnx/safetensors-writer.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import { goldenFolder } from './golden-folder.js';
import { largestDifference, pick, readGolden, tensorNamed } from './golden.js';

const scratch = mkdtempSync(join(tmpdir(), 'snapevo-model-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

/** A folder's copy with its tensors changed. */
function edited(
  name: string,
  kind: Pick<ModelKind<unknown>, 'stem'>,
  edit: (tensors: Map<string, SafetensorsTensor>) => void,
): string {
  const folder = mkdtempSync(join(scratch, 'edited-'));
  cpSync(goldenFolder(name), folder, { recursive: true });
  const path = join(folder, `${kind.stem}.safetensors`);
  const file = openSafetensors(path);
  const tensors = new Map<string, SafetensorsTensor>(
    [...file.tensors].map(([tensor, { shape }]) => [tensor, { shape, data: file.read(tensor) }]),
  );
  edit(tensors);
  writeSafetensors(path, tensors);
  return folder;
}

const tiny = (shape: readonly number[]): SafetensorsTensor => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

describe('a model folder', () => {
  function expectRoundTrip<Config>(name: string, kind: ModelKind<Config>): void {
    const loaded = loadModel(kind, goldenFolder(name));
    for (const dtype of ['F32', 'F16'] as const) {
      const folder = join(scratch, `${name}-${dtype}`);
      writeModel(kind, folder, loaded, { dtype });
      expect(loadModel(kind, folder)).toEqual(loaded);
    }
  }

  test('is written as it was read', () => {
    expectRoundTrip('unet-linear-projection', unetKind);
    expectRoundTrip('vae-three-levels', vaeKind);
    expectRoundTrip('clip-text', clipTextKind);
    expectRoundTrip('clip', clipKind);
  });

  test('is read by its half-precision name too', () => {
    const folder = edited('clip-text', clipTextKind, () => undefined);
    renameSync(join(folder, 'model.safetensors'), join(folder, 'model.fp16.safetensors'));
    expect(loadModel(clipTextKind, folder)).toEqual(loadModel(clipTextKind, goldenFolder('clip-text')));
  });

  test('is refused with all that is missing, too much or misshapen', () => {
    const folder = edited('vae-plain', vaeKind, (tensors) => {
      tensors.delete('encoder.conv_in.weight');
      tensors.delete('decoder.conv_in.bias');
      tensors.set('encoder.conv_in.weights', tiny([1]));
      tensors.set('encoder.conv_out.bias', tiny([1, 6]));
    });
    const message = new RegExp(
      [
        '2 missing: encoder.conv_in.weight; decoder.conv_in.bias',
        '1 not of this model: encoder.conv_in.weights',
        '1 of another shape: encoder.conv_out.bias: expected \\[6\\], found \\[1, 6\\]',
      ].join('. '),
    );
    expect(() => loadModel(vaeKind, folder)).toThrow(message);
  });

  test('is refused without a readable configuration', () => {
    expect(() => loadModel(vaeKind, join(scratch, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'MODEL_UNREADABLE' }),
    );
    const folder = edited('vae-plain', vaeKind, () => undefined);
    writeFileSync(join(folder, 'config.json'), ' '.repeat(2 ** 21));
    expect(() => loadModel(vaeKind, folder)).toThrow('expected at most');
  });
});

describe('names of former times', () => {
  test('Stable Diffusion 1’s VAE attention', () => {
    const former = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' };
    const folder = edited('vae-three-levels', vaeKind, (tensors) => {
      for (const [name, tensor] of [...tensors]) {
        for (const [now, then] of Object.entries(former)) {
          if (!name.includes(`attentions.0.${now}.`)) continue;
          tensors.delete(name);
          tensors.set(name.replace(now, then), tensor);
        }
      }
    });
    expect(openSafetensors(join(folder, 'diffusion_pytorch_model.safetensors')).tensors).toHaveProperty(
      'size',
    );
    expect(loadModel(vaeKind, folder)).toEqual(loadModel(vaeKind, goldenFolder('vae-three-levels')));
  });

  test('CLIP’s position ids, and a text encoder without its prefix', () => {
    const expected = loadModel(clipTextKind, goldenFolder('clip-text'));
    const folder = edited('clip-text', clipTextKind, (tensors) => {
      for (const [name, tensor] of [...tensors]) {
        tensors.delete(name);
        tensors.set(name.replace(/^text_model\./, ''), tensor);
      }
      tensors.set('embeddings.position_ids', tiny([1, 9]));
    });
    expect(loadModel(clipTextKind, folder)).toEqual(expected);
  });
});

test('an evolved UNet is written and read by the parameters its architecture has', () => {
  const original = loadModel(unetKind, goldenFolder('unet-four-levels'));
  const removed = removeBlock(unetArchitecture(original.config), 'down_blocks.0.attentions.0');
  const architecture = copyBlock(removed, 'mid_block.resnets.0');
  const specs = unetParameters(original.config, architecture);
  const evolved = { ...original, weights: initializeParameters(specs, 3) };
  const folder = join(scratch, 'evolved');
  writeModel(unetKind, folder, evolved, { specs });
  expect(
    loadModel(unetKind, folder, { parametersOf: (config) => unetParameters(config, architecture) }),
  ).toEqual(evolved);
  expect(() => loadModel(unetKind, folder)).toThrow(
    /missing: down_blocks.0.attentions.0.*not of this model: mid_block/s,
  );
});

test('a graph may refer to the weights where they lie', async () => {
  const name = 'unet-resnet-middle';
  const golden = readGolden(name);
  const loaded = loadModel(unetKind, goldenFolder(name));
  const folder = join(scratch, 'located');
  writeModel(unetKind, folder, loaded);
  const { weights } = openModel(unetKind, folder);
  const feeds = pick(golden, 'sample', 'timestep', 'context');
  const g = new GraphBuilder();
  const output = buildUNet(
    g,
    loaded.config,
    unetArchitecture(loaded.config),
    initializerParameters((parameter) => weights.locate(parameter)),
    {
      sample: g.input('sample', tensorNamed(feeds, 'sample')),
      timestep: g.input('timestep', tensorNamed(feeds, 'timestep')),
      encoderHiddenStates: g.input('context', tensorNamed(feeds, 'context')),
    },
  );
  const path = join(folder, 'model.onnx');
  writeFileSync(path, serializeModel(g.build('unet', [output])));
  const session = await Session.create(path, parseDevice('cpu', 1));
  const results = await session.run(feeds);
  await session.release();
  expect(largestDifference(tensorNamed(results, output.name), tensorNamed(golden, 'output'))).toBeLessThan(
    1e-4,
  );
});

describe('a pipeline folder', () => {
  const folder = goldenFolder('pipeline');

  test('is read as diffusers wrote it, and written so that it reads the same', () => {
    const pipeline = loadPipeline(folder);
    expect(pipeline.unet.weights).toEqual(loadModel(unetKind, goldenFolder('unet-three-levels')).weights);
    const written = join(scratch, 'pipeline');
    writePipeline(written, pipeline, { dtype: 'F16' });
    const again = loadPipeline(written);
    const places = { tokenizerFolder: '', schedulerFolder: '' };
    expect({ ...again, ...places }).toEqual({ ...pipeline, ...places });
    for (const file of ['tokenizer/tokenizer.json', 'scheduler/scheduler_config.json']) {
      expect(readFileSync(join(written, file))).toEqual(readFileSync(join(folder, file)));
    }
  });

  const withIndex = (change: object): string => {
    const changed = mkdtempSync(join(scratch, 'index-'));
    cpSync(folder, changed, { recursive: true });
    const index = JSON.parse(readFileSync(join(folder, 'model_index.json'), 'utf8')) as object;
    writeFileSync(join(changed, 'model_index.json'), JSON.stringify({ ...index, ...change }));
    return changed;
  };

  test.each([
    ['another text encoder', { text_encoder: ['transformers', 'T5EncoderModel'] }, /text_encoder/],
    ['a part more', { text_encoder_2: ['transformers', 'CLIPTextModel'] }, /text_encoder_2 is not known/],
    ['another kind of pipeline', { _class_name: 'StableDiffusionXLPipeline' }, /_class_name/],
    ['a field more', { force_zeros_for_empty_prompt: true }, /force_zeros_for_empty_prompt is not known/],
    ['a part less', { unet: [null, null] }, /unet/],
  ])('is refused with %s', (_, change, message) => {
    expect(() => loadPipeline(withIndex(change))).toThrow(message);
  });

  test('is refused when a part’s folder is missing or does not fit', () => {
    const lacking = withIndex({});
    rmSync(join(lacking, 'scheduler'), { recursive: true });
    expect(() => loadPipeline(lacking)).toThrow('folder is missing');
    const unfit = withIndex({});
    rmSync(join(unfit, 'unet'), { recursive: true });
    cpSync(goldenFolder('unet-no-middle'), join(unfit, 'unet'), { recursive: true });
    expect(() => loadPipeline(unfit)).toThrow('the UNet reads latents of width 5, the VAE gives 4');
  });

  test('is no pipeline without its index', () => {
    expect(() => loadPipeline(scratch)).toThrow(expect.objectContaining({ code: 'MODEL_UNREADABLE' }));
  });
});
