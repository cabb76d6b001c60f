import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, expect, it, vi } from 'vitest';
import { searchTrainer } from '../../src/cli/compose/search-trainer.js';
import { SearchDisplay } from '../../src/cli/search-run/search-display.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { encodePng } from '../../src/data/encode-png.js';
import type { Trainer, TrainRequest } from '../../src/search/ports.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { TrainingCheckpoints } from '../../src/training/training-checkpoint.js';
import { folderWith } from '../data/fixtures.js';
import { models, openHost, original } from '../evaluation/golden-models.js';
import { RecordedStream } from './recorded-cli.js';
import { tinySearchConfig } from './stored-search.js';

const host = openHost();
afterAll(() => host.close());

const request: TrainRequest = {
  ...{ type: 'train', mode: 'robust', architecture: original, weights: 'unknown', seed: 1 },
  ...{ fromStep: 0, steps: 2, stretch: { fromStep: 0, steps: 2 } },
};

interface Watched {
  readonly trainer: Trainer;
  /** References of weights that were asked for. */
  readonly loaded: readonly string[];
  /** How often the UNet's configuration was looked at. */
  readonly looks: () => number;
}

/** The search's trainer on one picture, which has no weights to train on. */
async function watchedTrainer(makeRoom: (loaded: readonly string[]) => Promise<void>): Promise<Watched> {
  const folder = folderWith({
    'metadata.jsonl': JSON.stringify({ file_name: 'a.png', text: 'a cat' }),
    'a.png': await encodePng(Uint8Array.of(1, 2, 3), { height: 1, width: 1 }),
  });
  const loaded: string[] = [];
  const checkpoints = new TrainingCheckpoints(join(folder, 'checkpoints'));
  checkpoints.load = (reference) => {
    loaded.push(reference);
    return Promise.reject(new Error('no weights'));
  };
  let looks = 0;
  const config = new Proxy(models.unet.config, {
    get: (target, key, receiver): unknown => {
      looks += 1;
      return Reflect.get(target, key, receiver);
    },
  });
  const streams = { output: new RecordedStream(), notes: new RecordedStream() };
  const { progress } = createTerminal({ ...streams, environment: {}, elapsedMs: () => 0 });
  const pictures = { folder, annotations: null, captionColumn: 'text', mirrorable: false };
  const trainer = searchTrainer({
    host,
    models: { ...models, unet: { ...models.unet, config } },
    training: { ...tinySearchConfig().training, pictures },
    checkpoints,
    store: new MemoryStore({ nowMs: () => 0, drawSuffix: () => 0 }),
    runId: 'tiny',
    display: new SearchDisplay(progress),
    makeRoom: () => makeRoom(loaded),
  });
  return { trainer, loaded, looks: () => looks };
}

it('begins to train when room is made', async () => {
  const loadedBefore: (readonly string[])[] = [];
  const { trainer, loaded } = await watchedTrainer(async (soFar) => {
    await setImmediate();
    loadedBefore.push([...soFar]);
  });
  await expect(trainer.train(request)).rejects.toThrow('no weights');
  expect(loadedBefore).toEqual([[]]);
  expect(loaded).toEqual(['unknown']);
});

it('does not train when no room can be made', async () => {
  const { trainer, loaded } = await watchedTrainer(() => Promise.reject(new Error('no release')));
  await expect(trainer.train(request)).rejects.toThrow('no release');
  expect(loaded).toEqual([]);
});

it('prepares a training once it is open', async () => {
  const { trainer, looks } = await watchedTrainer(() => Promise.resolve());
  await expect(trainer.train(request)).rejects.toThrow('no weights');
  const before = looks();
  trainer.prepare?.(request);
  await vi.waitFor(() => {
    expect(looks()).toBeGreaterThan(before);
  });
});
