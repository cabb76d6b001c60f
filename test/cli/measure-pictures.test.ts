import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import { removeBlock } from '../../src/architecture/architecture.js';
import { measurePictures, type PictureMeasuringParts } from '../../src/cli/compose/measure-pictures.js';
import { openSearchScorer, type OpenScorer } from '../../src/cli/compose/search-scorer.js';
import { SearchDisplay } from '../../src/cli/search-run/search-display.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { searchConfigSchema, type SearchConfig } from '../../src/config/search-config.js';
import { pictureSubject } from '../../src/latency/image-subject.js';
import type { DeviceHost, TaskTiming } from '../../src/runtime/device-host.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { Store } from '../../src/store/store.js';
import { models, openHost, original } from '../evaluation/golden-models.js';
import { goldenFolder } from '../model/golden-folder.js';
import { exactly } from '../support/search-fakes.js';
import { RecordedStream } from './recorded-cli.js';

const [first] = original.blocks;
const chosen = { architecture: removeBlock(original, first?.id ?? ''), latencyMs: exactly(1) };
const done = { original, chosen: { ...chosen, weights: 'trained', score: null }, weights: 'trained' };
const { signal } = new AbortController();

let folder: string;
let config: SearchConfig;
let host: DeviceHost;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapevo-pictures-'));
  cpSync(goldenFolder('clip'), join(folder, 'clip'), { recursive: true });
  cpSync(models.tokenizerFolder, join(folder, 'clip'), { recursive: true });
  writeFileSync(join(folder, 'clip/preprocessor_config.json'), '{"size": 14, "crop_size": 14}');
  writeFileSync(join(folder, 'captions.txt'), 'a dog\na cat\n');
  config = searchConfigSchema.parse({
    pipeline: goldenFolder('pipeline'),
    results: join(folder, 'results'),
    search: { budget: { ms: 1 }, captionCount: 2 },
    evaluation: {
      scorer: join(folder, 'clip'),
      captions: join(folder, 'captions.txt'),
      ...{ steps: 2, batch: 2 },
    },
    latency: { endToEnd: { timeLimitMs: 1 } },
  });
  host = openHost();
});

afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

function openScorer(store: Store): Promise<OpenScorer> {
  const streams = { output: new RecordedStream(), notes: new RecordedStream() };
  const { progress } = createTerminal({ ...streams, environment: {}, elapsedMs: () => 0 });
  return openSearchScorer({
    ...{ host, models, config, store, loadTrained, display: new SearchDisplay(progress) },
    hashes: { pipeline: 'p', scorer: 's' },
    onSubstitute: () => undefined,
  });
}

const loadTrained: PictureMeasuringParts['loadTrained'] = () =>
  Promise.resolve({ weights: models.unet.weights });

/** What is loaded and freed meanwhile, in order. */
async function sessionsOf(work: () => Promise<void>): Promise<readonly string[]> {
  const kinds: string[] = [];
  const listen = (message: unknown): void => {
    const { kind } = message as TaskTiming;
    if (kind === 'create' || kind === 'release') kinds.push(kind);
  };
  subscribe('snapevo:device-task', listen);
  try {
    await work();
  } finally {
    unsubscribe('snapevo:device-task', listen);
  }
  return kinds;
}

function setUp(makeRoom: () => Promise<void> = () => Promise.resolve()): {
  readonly parts: PictureMeasuringParts;
  readonly told: string[];
} {
  const store = new MemoryStore({ nowMs: () => 0, drawSuffix: () => 1 });
  const { id: runId } = store.createRun({
    ...{ kind: 'search', name: 'test', snapevoVersion: '1.2.3', deviceFingerprint: 'x', inputs: {} },
    config: {},
  });
  store.lockRun(runId);
  const told: string[] = [];
  const onMeasured: PictureMeasuringParts['onMeasured'] = ({ subject }) => void told.push(subject);
  const onPicture = (): void => undefined;
  const parts = { host, models, config, loadTrained, store, runId, makeRoom, onPicture, onMeasured };
  return { parts, told };
}

describe('whole pictures', () => {
  it('are made in the place of what the search scored with, and of both networks', async () => {
    const architectureHash = hashArchitecture(original);
    const request = { type: 'score', architecture: original, architectureHash, weights: 'trained' } as const;
    let scorer: OpenScorer | undefined;
    const { parts, told } = setUp(() => scorer?.release() ?? Promise.resolve());
    const scoring = await sessionsOf(async () => {
      scorer = await openScorer(parts.store);
      await scorer.scorer.score({ ...request, captions: { from: 0, to: 2 } });
    });
    const measuring = await sessionsOf(() => measurePictures(parts, done, signal));
    expect(scoring.length).toBeGreaterThan(3);
    expect(scoring).toEqual(scoring.map(() => 'create'));
    expect(measuring.indexOf('create')).toBe(scoring.length);
    const created = measuring.filter((kind) => kind === 'create').length;
    expect(measuring.length).toBe(scoring.length + 2 * created);
    const subjects = [original, chosen.architecture].map((each) => pictureSubject(hashArchitecture(each)));
    expect(told.toSorted()).toEqual(subjects.toSorted());
    const again = await sessionsOf(() => measurePictures(parts, done, signal));
    expect(again).toEqual([]);
  });

  it('are none where no room could be made, and nothing is loaded then', async () => {
    const { parts, told } = setUp(() => Promise.reject(new Error('no room')));
    const sessions = await sessionsOf(async () => {
      await expect(measurePictures(parts, done, signal)).rejects.toThrow('no room');
    });
    expect([sessions, told]).toEqual([[], []]);
  });
});
