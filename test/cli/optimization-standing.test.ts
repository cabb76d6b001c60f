import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { recordOptimization } from '../../src/cli/optimize-run/optimization-state.js';
import { workFolder } from '../../src/cli/optimize-run/optimization.js';
import { standingOf } from '../../src/cli/optimize-run/standing.js';
import { loadConfig } from '../../src/config/load-config.js';
import { optimizeConfigSchema } from '../../src/config/optimize-config.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder();

/** An optimization of which nothing is done. */
function beginning() {
  const file = new URL('tiny/optimize.yaml', import.meta.url).pathname;
  const config = loadConfig(optimizeConfigSchema, file, {
    settings: [`results=${folder}`],
    currentFolder: folder,
  });
  const store = new MemoryStore({ nowMs: () => 0, drawSuffix: () => 0 });
  const run = store.createRun({
    ...{ kind: 'optimize', name: 'tiny', config },
    ...{ snapevoVersion: '1.2.3', deviceFingerprint: 'cpu', inputs: {} },
  });
  store.lockRun(run.id);
  return { store, run, config };
}

const figure = { value: 1, low: 1, high: 1 };

it.each<[string, (of: ReturnType<typeof beginning>) => void]>([
  [
    'a stage that is done',
    ({ store, run }) => {
      recordOptimization(store, run.id, { type: 'stage-done', stage: 'decoder' });
    },
  ],
  [
    'a training state',
    ({ store, run }) => {
      const file = { file: 'decoder.safetensors', sha256: 'a'.repeat(64), sizeBytes: 1 };
      store.recordCheckpoint(run.id, { ...file, step: 4, kind: 'decoder-training-state' });
    },
  ],
  [
    'a batch of latents',
    (of) => {
      const path = join(workFolder(of), 'latents-heldOut-0-4.safetensors');
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
    },
  ],
  [
    'a latency',
    ({ store, run }) => {
      const entry = { subject: 'picture of original, 4 steps', method: 'end-to-end' } as const;
      store.putRunLatency(run.id, { ...entry, samplesMs: [1], medianMs: figure, flags: [], measuredAtMs: 0 });
    },
  ],
  [
    'a point of the comparison',
    ({ store, run }) => {
      store.putMetrics(run.id, { 'comparison.original, 4 steps at guidance 1.cmmd': 1 });
    },
  ],
])('an optimization has come further with %s', (_, store) => {
  const of = beginning();
  const before = standingOf(of);
  expect(standingOf(of)).toBe(before);
  store(of);
  expect(standingOf(of)).not.toBe(before);
});

it('an optimization has come no further with losses, whose steps are taken again', () => {
  const of = beginning();
  const before = standingOf(of);
  of.store.appendLosses(of.run.id, [{ phase: 'decoder', step: 1, loss: 1, learningRate: 1, extras: {} }]);
  expect(standingOf(of)).toBe(before);
});

it('an optimization has come no further with a stage that is begun again', () => {
  const of = beginning();
  recordOptimization(of.store, of.run.id, { type: 'stage-begun', stage: 'decoder' });
  const before = standingOf(of);
  recordOptimization(of.store, of.run.id, { type: 'stage-begun', stage: 'decoder' });
  expect(standingOf(of)).toBe(before);
});
