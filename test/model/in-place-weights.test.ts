import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { externalFolder } from '../../src/graph/external-folder.js';
import { GraphBuilder } from '../../src/graph/graph-builder.js';
import { elementCount } from '../../src/graph/value.js';
import { loadForRunning, openInPlace } from '../../src/model/in-place-weights.js';
import { loadModel, openModel, writeModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { weightParameters, type Weights } from '../../src/model/parameters.js';
import { StoredWeights } from '../../src/model/stored-weights.js';
import { openSafetensors } from '../../src/onnx/safetensors.js';
import { serializeModel } from '../../src/onnx/serialize-model.js';
import { parseDevice } from '../../src/runtime/device.js';
import { Session } from '../../src/runtime/session.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { goldenFolder } from './golden-folder.js';

const scratch = temporaryFolder();
const half = goldenFolder('unet-no-middle');
const model = loadModel(unetKind, half);
const name = 'conv_in.weight';
const shape = [model.config.levels[0]?.channels ?? 0, model.config.inChannels, 3, 3];

/** One parameter as a session has it. */
async function runWeight(weights: Weights): Promise<Float32Array> {
  const g = new GraphBuilder();
  const weight = weightParameters(weights).get(g, name, shape, { kind: 'constant', value: 0 });
  const graph = g.build('weight', [g.add('Identity', [weight], {})]);
  const session = await Session.create(serializeModel(graph), parseDevice('cpu', 1), externalFolder(graph));
  const [output] = Object.values(await session.run({}));
  await session.release();
  return output?.data as Float32Array;
}

test('float32 weights are used where they lie, behind links too', async () => {
  const [real, linked] = [join(scratch, 'blobs'), join(scratch, 'snapshot')];
  writeModel(unetKind, real, model);
  mkdirSync(linked);
  for (const file of readdirSync(real)) symlinkSync(join('..', 'blobs', file), join(linked, file));
  const cache = join(scratch, 'unused');
  const { weights } = openInPlace(unetKind, linked, cache);
  expect(weights.locate(name)).toMatchObject({ folder: real });
  expect(await runWeight(weights)).toEqual(model.weights.get(name));
  expect(readdirSync(scratch)).not.toContain('unused');
});

test('weights stored as float16 are copied as float32 once', async () => {
  const [folder, cache] = [join(scratch, 'half'), join(scratch, 'cache')];
  cpSync(half, folder, { recursive: true });
  expect(openModel(unetKind, folder).weights.areFloat32).toBe(false);
  expect(openModel(unetKind, folder).weights.locate(name)).toBeUndefined();
  const { weights } = openInPlace(unetKind, folder, cache);
  expect(await runWeight(weights)).toEqual(model.weights.get(name));
  const copies = readdirSync(cache);
  expect(openInPlace(unetKind, folder, cache).weights.folder).toBe(weights.folder);
  expect(readdirSync(cache)).toEqual(copies);
});

test('a copy that was cut short is made anew', () => {
  const [folder, cache] = [join(scratch, 'half-again'), join(scratch, 'cache-cut-short')];
  cpSync(half, folder, { recursive: true });
  const { folder: copy } = openInPlace(unetKind, folder, cache).weights;
  rmSync(copy, { recursive: true });
  // what can't be written ends the copy as a full disk does
  mkdirSync(join(copy, 'config.json'), { recursive: true });
  expect(() => openInPlace(unetKind, folder, cache)).toThrow();
  rmSync(join(copy, 'config.json'), { recursive: true });
  expect(openInPlace(unetKind, folder, cache).weights.folder).toBe(copy);
});

test('a copy that has no place to go is an error that names it', () => {
  const cache = join(scratch, 'a-file');
  writeFileSync(cache, '');
  expect(() => openInPlace(unetKind, half, cache)).toThrow(
    expect.objectContaining({
      code: 'SAFETENSORS_WRITE',
      where: expect.stringContaining(cache) as string,
    }) as Error,
  );
});

test('a copy is made anew when the file it was made of is overwritten in place', async () => {
  const [folder, beside] = [join(scratch, 'overwritten'), join(scratch, 'beside')];
  const cache = join(scratch, 'cache-again');
  cpSync(half, folder, { recursive: true });
  openInPlace(unetKind, folder, cache);
  const other = new Map([...model.weights].map(([each, data]) => [each, data.map((value) => value + 1)]));
  writeModel(unetKind, beside, { ...model, weights: other }, { dtype: 'F16' });
  // as most programs write: into the file that is there, which leaves the folder's own time as it was
  const file = `${unetKind.stem}.safetensors`;
  writeFileSync(join(folder, file), readFileSync(join(beside, file)));
  utimesSync(join(folder, file), new Date(), new Date(Date.now() + 1000));
  const [found] = await runWeight(openInPlace(unetKind, folder, cache).weights);
  expect(found).toBeCloseTo((model.weights.get(name)?.[0] ?? 0) + 1, 2);
});

test('only large models stay in their files', () => {
  const { weights } = loadForRunning(unetKind, half, scratch);
  expect(weights).toEqual(model.weights);
});

test('weights that lie beyond what 32 bits count are read and used where they are', async () => {
  const path = join(scratch, 'beyond.safetensors');
  const skipped = 2 ** 32 + 2 ** 31;
  const header = Buffer.from(
    JSON.stringify({
      before: { dtype: 'U8', shape: [skipped], data_offsets: [0, skipped] },
      [name]: {
        dtype: 'F32',
        shape,
        data_offsets: [skipped, skipped + 4 * elementCount(shape)],
      },
    }),
  );
  const expected = model.weights.get(name) ?? new Float32Array();
  const file = openSync(path, 'w');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeSync(file, Buffer.concat([length, header]), 0, 8 + header.length, 0);
  // What is skipped is a hole, which takes no room on disk.
  writeSync(file, expected, 0, expected.byteLength, 8 + header.length + skipped);
  closeSync(file);
  const weights = new StoredWeights(openSafetensors(path), new Map([[name, name]]));
  expect(weights.get(name)).toEqual(expected);
  expect(await runWeight(weights)).toEqual(expected);
  rmSync(path);
});

test('a file that is gone is named', () => {
  const folder = join(scratch, 'gone');
  writeModel(unetKind, folder, model);
  const { weights } = openModel(unetKind, folder);
  expect(weights.float32Bytes).toBe(
    4 * [...model.weights.values()].reduce((sum, { length }) => sum + length, 0),
  );
  rmSync(folder, { recursive: true });
  const gone = {
    code: 'SAFETENSORS_UNREADABLE',
    where: expect.stringContaining(join(folder, unetKind.stem)) as string,
  };
  expect(() => weights.locate(name)).toThrow(expect.objectContaining(gone) as Error);
  expect(() => weights.get(name)).toThrow(expect.objectContaining(gone) as Error);
});

test('weights in a file are a map like those in memory', () => {
  const { weights } = openModel(unetKind, half);
  expect(weights).toBeInstanceOf(StoredWeights);
  expect(new Map(weights)).toEqual(model.weights);
  expect([...weights.keys()]).toEqual([...model.weights.keys()]);
  expect([...weights.values()]).toEqual([...model.weights.values()]);
  expect([weights.size, weights.has(name), weights.has('none')]).toEqual([model.weights.size, true, false]);
  expect(weights.get('none')).toBeUndefined();
  const seen: string[] = [];
  weights.forEach((_, each) => seen.push(each));
  expect(seen).toEqual([...model.weights.keys()]);
});

test('a graph with data in several folders has no folder for its session', () => {
  const g = new GraphBuilder();
  for (const folder of ['/one', '/other']) {
    g.initializer(folder, { dtype: 'float32', shape: [1] }, { folder, location: 'a', offset: 0, length: 4 });
  }
  expect(() => externalFolder(g.build('graph', []))).toThrow('/one and /other');
});
