import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadForRunning } from '../../src/model/in-place-weights.js';
import { loadModel } from '../../src/model/model-folder.js';
import { clipTextKind, unetKind, vaeKind } from '../../src/model/model-kind.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { openWeights, weightVariants } from '../../src/model/weight-files.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { writeSafetensors, type SafetensorsTensor } from '../../src/onnx/safetensors-writer.js';
import { goldenFolder } from './golden-folder.js';

const scratch = mkdtempSync(join(tmpdir(), 'snapevo-variants-'));
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

const golden = loadModel(clipTextKind, goldenFolder('clip-text'));

/** The golden text encoder's tensors, each value changed. */
function tensorsTimes(factor: number): Map<string, SafetensorsTensor> {
  const file = openSafetensors(join(goldenFolder('clip-text'), 'model.safetensors'));
  return new Map(
    [...file.tensors].map(([name, { shape }]) => [
      name,
      { shape, data: file.read(name).map((value) => value * factor) },
    ]),
  );
}

/** A folder of the golden configuration with the files that `fill` writes. */
function folderWith(fill: (folder: string) => void): string {
  const folder = mkdtempSync(join(scratch, 'model-'));
  cpSync(join(goldenFolder('clip-text'), 'config.json'), join(folder, 'config.json'));
  fill(folder);
  return folder;
}

/** Two shards and their index, named as diffusers and transformers name those of a variant. */
function writeShards(folder: string, infix: string, factor: number): void {
  const all = [...tensorsTimes(factor)];
  const halves = [all.slice(0, 5), all.slice(5)];
  const weightMap: Record<string, string> = {};
  halves.forEach((half, i) => {
    const file = `model${infix}-0000${i + 1}-of-00002.safetensors`;
    writeSafetensors(join(folder, file), new Map(half));
    for (const [name] of half) weightMap[name] = file;
  });
  const index = { metadata: {}, weight_map: weightMap };
  writeFileSync(join(folder, `model.safetensors.index${infix}.json`), JSON.stringify(index));
}

/** By how much the golden weights were multiplied. */
function factorOf(folder: string, variant?: string): number {
  const name = 'text_model.final_layer_norm.weight';
  const { weights } = loadModel(clipTextKind, folder, { variant });
  return (weights.get(name)?.[0] ?? Number.NaN) / (golden.weights.get(name)?.[0] ?? Number.NaN);
}

const several = folderWith((folder) => {
  writeSafetensors(join(folder, 'model.safetensors'), tensorsTimes(1));
  writeSafetensors(join(folder, 'model.non_ema.safetensors'), tensorsTimes(2));
  writeShards(folder, '.fp16', 4);
});

describe('variants of weights', () => {
  test('are told from their files, and from shards by the index', () => {
    expect(weightVariants(clipTextKind, several)).toEqual({ hasPlain: true, named: ['fp16', 'non_ema'] });
    const sharded = folderWith((folder) => {
      writeShards(folder, '', 1);
    });
    expect(weightVariants(clipTextKind, sharded)).toEqual({ hasPlain: true, named: [] });
    expect(loadModel(clipTextKind, sharded)).toEqual(golden);
  });

  test('are read by name, and the plain ones without', () => {
    expect(factorOf(several)).toBe(1);
    expect(factorOf(several, 'non_ema')).toBe(2);
    expect(factorOf(several, 'fp16')).toBe(4);
    const running = loadForRunning(clipTextKind, several, scratch, 'fp16');
    expect(running.weights).toEqual(loadModel(clipTextKind, several, { variant: 'fp16' }).weights);
  });

  test('are read unasked where there is one alone', () => {
    const single = folderWith((folder) => {
      writeShards(folder, '.fp16', 4);
    });
    expect(factorOf(single)).toBe(4);
  });

  test.each([
    ['an unknown one', 'fp8', ['weights without a variant', '"fp16"', '"non_ema"']],
    ['a path', '../x', ['"fp16"']],
  ])('are named when %s is asked for', (_, variant, there) => {
    let message = '';
    try {
      loadModel(clipTextKind, several, { variant });
    } catch (error) {
      expect(error).toMatchObject({ code: 'WEIGHTS_VARIANT', where: several });
      message = String(error);
    }
    for (const name of there) expect(message).toContain(name);
  });

  test('have to be chosen where none is plain', () => {
    const two = folderWith((folder) => {
      writeSafetensors(join(folder, 'model.a.safetensors'), tensorsTimes(1));
      writeSafetensors(join(folder, 'model.b.safetensors'), tensorsTimes(1));
    });
    expect(() => loadModel(clipTextKind, two)).toThrow(/without a variant, found "a", "b"/);
  });
});

test('a file where a model’s folder should be is no model', () => {
  const folder = mkdtempSync(join(scratch, 'pipeline-'));
  cpSync(join(goldenFolder('pipeline'), 'model_index.json'), join(folder, 'model_index.json'));
  writeFileSync(join(folder, 'unet'), '');
  expect(() => loadPipeline(folder)).toThrow(expect.objectContaining({ code: 'MODEL_UNREADABLE' }));
});

describe('variants of a pipeline', () => {
  const folder = join(scratch, 'pipeline');
  cpSync(goldenFolder('pipeline'), folder, { recursive: true });
  const unet = join(folder, 'unet', unetKind.stem);
  cpSync(join(goldenFolder('unet-three-levels'), 'config.json'), join(folder, 'unet', 'config.json'));
  cpSync(
    join(goldenFolder('unet-three-levels'), `${unetKind.stem}.safetensors`),
    `${unet}.non_ema.safetensors`,
  );

  test('are taken where there are some, and the plain weights elsewhere', () => {
    expect(loadPipeline(folder, { variant: 'non_ema' }).vae.weights.size).toBeGreaterThan(0);
  });

  test('have to be those of one part at least', () => {
    expect(() => loadPipeline(folder, { variant: 'non-ema' })).toThrow(
      expect.objectContaining({ code: 'WEIGHTS_VARIANT' }),
    );
  });
});

describe('pickled weights', () => {
  test.each([
    [
      'pytorch_model.bin',
      clipTextKind,
      'from transformers import CLIPTextModel as M; M.from_pretrained(sys.argv[1], use_safetensors=False)',
    ],
    ['pytorch_model.fp16.bin', clipTextKind, 'use_safetensors=False, variant=sys.argv[2])'],
    ['pytorch_model.fp16-00001-of-00002.bin', clipTextKind, "' 'fp16'"],
    ['diffusion_pytorch_model.bin', unetKind, 'from diffusers import UNet2DConditionModel as M;'],
    ['model.ckpt', clipTextKind, 'torch.load(sys.argv[1], map_location="cpu", weights_only=True)'],
    ['weights.pt', clipTextKind, '/model.safetensors'],
    ['diffusion_pytorch_model.pth', unetKind, '/diffusion_pytorch_model.safetensors'],
  ] as const)('as %s are refused with the command that converts them', (file, kind, command) => {
    const folder = mkdtempSync(join(scratch, 'pickled-'));
    writeFileSync(join(folder, file), 'not read');
    let hint = '';
    try {
      openWeights(kind, folder);
    } catch (error) {
      expect(error).toMatchObject({ code: 'WEIGHTS_PICKLED', where: folder });
      hint = String((error as { hint?: string }).hint);
    }
    expect(hint).toContain(command);
    expect(hint).toContain(`'${folder}`);
  });

  test('whose name holds more than a name stay one word of the command', () => {
    const folder = folderWith((made) => {
      writeFileSync(join(made, "pytorch_model.a'; touch b; '.bin"), 'not read');
    });
    expect(() => loadModel(clipTextKind, folder)).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/' 'a'\\''; touch b; '\\'''$/) as string }),
    );
  });

  test('are what a pipeline has, whatever variant is asked for', () => {
    const folder = mkdtempSync(join(scratch, 'pipeline-'));
    cpSync(goldenFolder('pipeline'), folder, {
      recursive: true,
      filter: (path) => !path.endsWith('.safetensors'),
    });
    writeFileSync(join(folder, 'unet', 'diffusion_pytorch_model.fp16.bin'), 'not read');
    expect(() => loadPipeline(folder, { variant: 'fp16' })).toThrow(
      expect.objectContaining({ code: 'WEIGHTS_PICKLED' }),
    );
  });

  test('are named that the model’s class knows, among others', () => {
    const folder = folderWith((made) => {
      for (const file of ['optimizer.pt', 'pytorch_model.bin']) writeFileSync(join(made, file), 'not read');
    });
    expect(() => loadModel(clipTextKind, folder)).toThrow(/^pytorch_model\.bin is a Python pickle/);
  });

  test('beside safetensors do no harm', () => {
    const folder = folderWith((made) => {
      writeSafetensors(join(made, 'model.safetensors'), tensorsTimes(1));
      writeFileSync(join(made, 'pytorch_model.bin'), 'not read');
    });
    expect(factorOf(folder)).toBe(1);
  });
});

test('two tensors for one parameter are one too many', () => {
  const folder = folderWith((made) => {
    const tensors = tensorsTimes(1);
    const [name, tensor] = [...tensors].find(([each]) => each.endsWith('final_layer_norm.weight')) as [
      string,
      SafetensorsTensor,
    ];
    const other = name.startsWith('text_model.') ? name.slice('text_model.'.length) : `text_model.${name}`;
    writeSafetensors(join(made, 'model.safetensors'), new Map([...tensors, [other, tensor]]));
  });
  expect(() => loadModel(clipTextKind, folder)).toThrow(
    /1 not of this model: text_model\.final_layer_norm\.weight \(beside final_layer_norm\.weight\)/,
  );
});

test('a VAE’s attention as 1x1 convolutions of former names is read as linear layers', () => {
  const folder = join(scratch, 'vae');
  mkdirSync(folder);
  cpSync(goldenFolder('vae-three-levels'), folder, { recursive: true });
  const path = join(folder, `${vaeKind.stem}.safetensors`);
  const file = openSafetensors(path);
  const former: Readonly<Record<string, string>> = { to_q: 'query', to_k: 'key', to_v: 'value' };
  const tensors = new Map(
    [...file.tensors].map(([name, { shape }]) => {
      const isAttention = /attentions\.0\.to_.*weight$/.test(name);
      const renamed = name
        .replace(/to_[qkv](?=\.)/, (now) => former[now] ?? now)
        .replace('to_out.0', 'proj_attn');
      return [renamed, { shape: isAttention ? [...shape, 1, 1] : shape, data: file.read(name) }];
    }),
  );
  writeSafetensors(`${path}.new`, tensors);
  renameSync(`${path}.new`, path);
  expect([...openSafetensors(path).tensors.keys()].some((name) => name.endsWith('query.weight'))).toBe(true);
  expect(loadModel(vaeKind, folder)).toEqual(loadModel(vaeKind, goldenFolder('vae-three-levels')));
});
