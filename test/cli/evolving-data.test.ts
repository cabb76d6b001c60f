import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { encodedTrainingData } from '../../src/cli/compose/evolving-data.js';
import type * as PackedImages from '../../src/data/packed-images.js';
import { encodePng } from '../../src/data/encode-png.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import { folderWith } from '../data/fixtures.js';
import { goldenFolder } from '../model/golden-folder.js';

/** Paths of pictures that are read, or were. */
const read: string[] = [];
vi.mock('../../src/data/packed-images.js', async (original) => {
  const real = await original<typeof PackedImages>();
  return {
    ...real,
    packImages: async (paths: readonly string[], size: number) => {
      read.push(...paths);
      return real.packImages(paths, size);
    },
  };
});

let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(() => host.close());

it('encodes no further picture or caption once it is to stop, and goes by what it has', async () => {
  const picture = await encodePng(Uint8Array.of(1, 2, 3), { height: 1, width: 1 });
  const lines = ['a', 'b'].map((name) => JSON.stringify({ file_name: `${name}.png`, text: name }));
  const folder = folderWith({ 'metadata.jsonl': lines.join('\n'), 'a.png': picture, 'b.png': picture });
  const pictures = { folder, annotations: null, captionColumn: 'text', mirrorable: false };
  const models = loadPipeline(goldenFolder('pipeline'));
  const control = new AbortController();
  const items = await encodedTrainingData(host, models, pictures, control.signal);
  const [latents, contexts] = [await items.latents([0, 1]), await items.contexts([0, 1])];
  const plain = await encodedTrainingData(host, models, pictures);
  expect(await plain.latents([0, 1])).toEqual(latents);
  expect(await plain.contexts([0, 1])).toEqual(contexts);

  const reason = new Error('enough');
  control.abort(reason);
  expect(await items.latents([1, 0])).toHaveLength(latents.length);
  await expect(items.contexts([2])).rejects.toBe(reason);
  await expect(encodedTrainingData(host, models, pictures, control.signal)).rejects.toBe(reason);
  const stopping = new AbortController();
  const fresh = await encodedTrainingData(host, models, pictures, stopping.signal);
  stopping.abort(reason);
  await expect(fresh.latents([0])).rejects.toBe(reason);
});

const letters = 'abcdefghij';

/** So many pictures, each of another colour and with another caption. */
async function manyPictures(count: number): Promise<Parameters<typeof encodedTrainingData>[2]> {
  const files: Record<string, Uint8Array | string> = {};
  const lines: string[] = [];
  for (let i = 0; i < count; i += 1) {
    files[`${i}.png`] = await encodePng(Uint8Array.of(6 * i, 250 - 6 * i, (40 * i) % 256), {
      height: 1,
      width: 1,
    });
    lines.push(
      JSON.stringify({ file_name: `${i}.png`, text: `${letters[i % 10]}${letters[Math.floor(i / 10)]}` }),
    );
  }
  const folder = folderWith({ ...files, 'metadata.jsonl': lines.join('\n') });
  return { folder, annotations: null, captionColumn: 'text', mirrorable: false };
}

it('encodes many pictures and captions as it does each alone, in their order', async () => {
  const pictures = await manyPictures(40);
  const models = loadPipeline(goldenFolder('pipeline'));
  const [together, alone] = [
    await encodedTrainingData(host, models, pictures),
    await encodedTrainingData(host, models, pictures),
  ];
  const order = Array.from({ length: 40 }, (_, i) => (7 * i) % 40);
  for (const part of ['latents', 'contexts'] as const) {
    const all = await together[part](order);
    const size = all.length / order.length;
    const rows = new Set<string>();
    for (const [at, index] of order.entries()) {
      const row = await alone[part]([index]);
      expect(all.subarray(at * size, (at + 1) * size)).toEqual(row);
      rows.add(row.join());
    }
    expect(rows.size).toBe(40);
  }
});

it('reads no further picture once it is to stop', async () => {
  const pictures = await manyPictures(40);
  const stopping = new AbortController();
  const items = await encodedTrainingData(
    host,
    loadPipeline(goldenFolder('pipeline')),
    pictures,
    stopping.signal,
  );
  read.length = 0;
  const latents = items.latents(Array.from({ length: 40 }, (_, i) => i));
  latents.catch(() => undefined);
  await vi.waitUntil(() => read.length > 3, { interval: 0 });
  const before = read.length;
  const reason = new Error('enough');
  stopping.abort(reason);
  await expect(latents).rejects.toBe(reason);
  expect(before).toBeLessThan(40);
  expect(read.length).toBe(before);
});
