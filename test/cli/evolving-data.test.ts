import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodedTrainingData } from '../../src/cli/compose/evolving-data.js';
import { encodePng } from '../../src/data/encode-png.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { parseDevice } from '../../src/runtime/device.js';
import { folderWith } from '../data/fixtures.js';
import { goldenFolder } from '../model/golden-folder.js';

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
