import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { rmSync } from 'node:fs';
import { Writable } from 'node:stream';
import { openSearchScorer } from '../../src/cli/compose/search-scorer.js';
import { openSearchTrainer } from '../../src/cli/compose/search-trainer.js';
import {
  checkpointRecord,
  savePretrained,
  searchCheckpoints,
  trainedWeights,
} from '../../src/cli/compose/trained-weights.js';
import { withStore } from '../../src/cli/compose/open-store.js';
import { conductSearch } from '../../src/cli/search-run/conduct-search.js';
import { SearchDisplay } from '../../src/cli/search-run/search-display.js';
import { SearchNarrator } from '../../src/cli/search-run/search-narrator.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';
import { parseArchitecture } from '../../src/architecture/canonical-form.js';
import type { SearchConfig } from '../../src/config/search-config.js';
import { architectureCounter } from '../../src/model/count-architecture.js';
import { loadPipeline } from '../../src/model/pipeline-folder.js';
import type { DeviceHost, TaskTiming } from '../../src/runtime/device-host.js';
import type { ScoreRequest, TrainRequest } from '../../src/search/ports.js';
import { knownLatencies } from './known-latencies.js';

/** What a round took, and what it did. */
export interface RoundFigures {
  readonly ms: number;
  /** Of it, opening models, pictures and captions, once a search. */
  readonly openingMs: number;
  /** After that, in runs of sessions, as the worker measured them. */
  readonly runningMs: number;
  /** After that, loading sessions. */
  readonly loadingMs: number;
  /** In order; what was scored before is in the store and not scored again. */
  readonly work: readonly (TrainRequest | ScoreRequest)[];
  /** By step. */
  readonly losses: readonly number[];
  readonly learningRates: readonly number[];
  /** Mean of each scoring. */
  readonly scores: readonly number[];
}

/**
 * One whole round of the search, with all that it stores, from pretrained weights to the action: the original scored, robust training,
 * candidates scored, the network evolved. Latencies are given, because how long they are measured is a setting.
 * @param config of one round, without fine-tuning; its results are deleted
 */
export async function runRound(host: DeviceHost, config: SearchConfig): Promise<RoundFigures> {
  const started = performance.now();
  let opened = started;
  const timings: TaskTiming[] = [];
  const onOpened = (): void => {
    opened = performance.now();
    timings.length = 0;
  };
  const listen = (timing: unknown): void => {
    timings.push(timing as TaskTiming);
  };
  subscribe('snapevo:device-task', listen);
  try {
    const done = await withStore(config.results, { nowMs: Date.now, command: 'a benchmark' }, (store) =>
      search(host, config, store, onOpened),
    );
    const sum = (kind: TaskTiming['kind']): number =>
      timings.reduce((total, timing) => (timing.kind === kind ? total + timing.ms : total), 0);
    const ms = performance.now() - started;
    const openingMs = opened - started;
    return { ms, openingMs, runningMs: sum('run'), loadingMs: sum('create'), ...done };
  } finally {
    unsubscribe('snapevo:device-task', listen);
    rmSync(config.results, { recursive: true, force: true });
  }
}

type Store = Parameters<Parameters<typeof withStore>[2]>[0];

async function search(
  host: DeviceHost,
  config: SearchConfig,
  store: Store,
  onOpened: () => void,
): Promise<Pick<RoundFigures, 'work' | 'losses' | 'learningRates' | 'scores'>> {
  const run = { kind: 'search', name: 'round', config, snapevoVersion: '0' } as const;
  const { id: runId } = store.createRun({ ...run, deviceFingerprint: host.device.name, inputs: {} });
  store.lockRun(runId);
  const models = loadPipeline(config.pipeline);
  const checkpoints = searchCheckpoints(config.results, runId);
  const telling = tellNobody(runId);
  const shared = { host, models, store, config, display: telling.display };
  const { scorer, makeRoom } = await openSearchScorer({
    ...shared,
    hashes: { pipeline: 'pipeline', scorer: 'scorer' },
    loadTrained: trainedWeights(checkpoints),
    onSubstitute: () => undefined,
  });
  const { training } = config;
  const trainer = await openSearchTrainer({ ...shared, checkpoints, makeRoom, training, runId });
  const work: (TrainRequest | ScoreRequest)[] = [];
  const scores: number[] = [];
  const scored = new Set<string>();
  const countArchitecture = architectureCounter(models.unet.config);
  const parts = {
    options: { ...config.search, seed: config.seed },
    original: models.architecture,
    savePretrained: () => savePretrained(checkpoints, models.unet),
    ports: {
      trainer: {
        ...trainer,
        train: async (request: TrainRequest) => {
          work.push(request);
          return trainer.train(request);
        },
      },
      scorer: {
        captionsAtATime: scorer.captionsAtATime ?? 0,
        score: async (request: ScoreRequest) => {
          const result = await scorer.score(request);
          const { architectureHash, weights, captions } = request;
          const key = [architectureHash, weights, captions.from, captions.to].join();
          if (!scored.has(key)) {
            work.push(request);
            scores.push(result.scores.reduce((sum, score) => sum + score, 0) / result.scores.length);
          }
          scored.add(key);
          return result;
        },
      },
      latencyMeter: knownLatencies,
    },
    countParameters: (canonicalForm: string) => countArchitecture(parseArchitecture(canonicalForm)),
    describeWeights: (reference: string, step: number) => checkpointRecord(checkpoints, reference, step),
    releaseWeights: (needed: ReadonlySet<string>) => {
      checkpoints.prune(needed);
    },
  };
  onOpened();
  await conductSearch(parts, { store, runId }, telling, new AbortController().signal);
  store.endRun(runId, 'finished');
  const steps = store.readLosses(runId);
  return {
    work,
    scores,
    losses: steps.map(({ loss }) => loss),
    learningRates: steps.map(({ learningRate }) => learningRate),
  };
}

/** What a search tells, to nobody. */
function tellNobody(runId: string): Parameters<typeof conductSearch>[2] {
  const nowhere = new Writable({
    write: (_, __, done) => {
      done();
    },
  });
  const terminal = createTerminal({
    output: nowhere,
    notes: nowhere,
    environment: {},
    elapsedMs: () => performance.now(),
  });
  return {
    display: new SearchDisplay(terminal.progress),
    narrator: new SearchNarrator(terminal, runId, { asJson: false, scope: 'step' }),
  };
}
