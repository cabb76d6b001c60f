import { join } from 'node:path';
import { canonicalForm, hashArchitecture } from '../../src/architecture/canonical-form.js';
import { originalArchitecture, removeBlock } from '../../src/architecture/architecture.js';
import type { Architecture } from '../../src/architecture/architecture.js';
import type { BlockLatency, LatencyCalibration } from '../../src/search/latency-table.js';
import { STATE_VERSION } from '../../src/search/state.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import type { NewRun } from '../../src/store/run-record.js';
import type {
  ArchitectureRecord,
  CandidateRecord,
  EventRows,
  RoundRecord,
} from '../../src/store/search-records.js';

const around = (value: number, by: number): Estimate => ({ value, low: value - by, high: value + by });

const attention = 'down_blocks.0.attentions.0';
const resnet = 'mid_block.resnets.0';

const original = originalArchitecture('tiny', [
  { id: attention, kind: 'cross-attention', stage: 'down_blocks.0', changesChannels: false },
  { id: resnet, kind: 'resnet', stage: 'mid_block', changesChannels: false },
]);
const evolved = removeBlock(original, attention);
/** A candidate. */
const doubted = removeBlock(original, resnet);

const newRun = (name: string): NewRun => ({
  kind: 'search',
  name,
  config: { name },
  snapevoVersion: '1.2.3',
  deviceFingerprint: 'cpu, a processor, 2 threads',
  inputs: { pipeline: 'f'.repeat(64) },
});

function architectureRecord(
  architecture: Architecture,
  round: number,
  role: ArchitectureRecord['role'],
  [latencyMs, clip]: readonly [number, number],
): ArchitectureRecord {
  return {
    round,
    role,
    hash: hashArchitecture(architecture),
    canonicalForm: canonicalForm(architecture),
    parameterCount: role === 'original' ? 5_600_000 : 4_200_000,
    weightsHash: 'a'.repeat(64),
    parentHash: null,
    measuredLatencyMs: around(latencyMs, 0.2),
    predictedLatencyMs: role === 'original' ? latencyMs : latencyMs * 0.95,
    clipScore: around(clip, 0.01),
  };
}

const round = (number: number, latencyMs: number, clip: number, architecture: Architecture): RoundRecord => ({
  round: number,
  architectureHash: hashArchitecture(architecture),
  weightsHash: 'a'.repeat(64),
  latencyMs: around(latencyMs, 0.2),
  clipScore: around(clip, 0.01),
  budgetMs: 9,
  budgetMet: latencyMs <= 9,
});

const candidate = (
  number: number,
  block: string,
  rank: number | null,
  status: CandidateRecord['status'],
): CandidateRecord => ({
  round: number,
  actionKind: 'remove',
  block,
  architectureHash: 'b'.repeat(64),
  deltaClip: status === 'excluded' ? null : around(0.0012, 0.001),
  deltaLatencyMs: around(2.5, 0.1),
  value: status === 'excluded' ? null : 0.00048,
  rank,
  status,
  reason: status === 'excluded' ? 'its saving is within the noise' : 'least CLIP lost per millisecond',
  imageCount: status === 'excluded' ? 0 : 64,
});

const table: readonly BlockLatency[] = [
  {
    block: attention,
    presentMs: around(3, 0.1),
    skippedMs: around(0, 0),
    evidence: { isolatedMs: around(3.5, 0.1), inNetworkMs: around(3, 0.1), warnings: ['unstable'] },
  },
  {
    block: resnet,
    presentMs: around(2, 2.5),
    skippedMs: around(0, 0),
    evidence: { isolatedMs: around(2, 0.1), inNetworkMs: around(2, 0.1), warnings: [] },
  },
];

/** The table was held against one network that the search found, and one that it didn't. */
const calibration: LatencyCalibration = {
  method: 'in-network',
  factor: 0.96,
  networks: [
    { architectureHash: 'd'.repeat(64), sumMs: 9, predictedMs: 9.9, measuredMs: 10 },
    { architectureHash: hashArchitecture(doubted), sumMs: 8.4, predictedMs: 8.1, measuredMs: 8 },
  ],
};

/** Of a search that is over after two rounds. */
export const searchRows: EventRows = {
  rounds: [round(1, 12, 0.31, original), round(2, 8.5, 0.305, evolved)],
  candidates: [
    candidate(1, attention, 1, 'chosen'),
    candidate(1, resnet, null, 'excluded'),
    candidate(2, resnet, 1, 'ranked'),
  ],
  architectures: [
    architectureRecord(original, 0, 'original', [12, 0.31]),
    architectureRecord(doubted, 1, 'candidate', [8, 0.2]),
    architectureRecord(evolved, 1, 'current', [8.5, 0.305]),
    architectureRecord(evolved, 2, 'final', [8.4, 0.308]),
  ],
  actions: [
    {
      index: 1,
      round: 1,
      kind: 'remove',
      blocks: [attention],
      fromHash: hashArchitecture(original),
      toHash: hashArchitecture(evolved),
      reason: 'least CLIP lost per millisecond',
    },
  ],
};

/** A clock that moves on by a minute each time it is asked. */
export function minuteClock(): () => number {
  let nowMs = Date.UTC(2026, 10, 23, 4, 25);
  return () => (nowMs += 60_000);
}

/** Makes a store with one finished search of two rounds, `...-first-0001`, and a later one that never began. */
export function storeRuns(resultsFolder: string): { readonly finished: string; readonly untouched: string } {
  let suffix = 0;
  const store = new SqliteStore(join(resultsFolder, 'snapevo.db'), {
    nowMs: minuteClock(),
    drawSuffix: () => (suffix += 1),
  });
  const { id: finished } = store.createRun(newRun('first'));
  store.lockRun(finished);
  store.appendEvent(finished, {
    event: 'scored',
    state: { version: STATE_VERSION, baseline: { latencyMs: around(12, 0.2), table, calibration } },
    ...searchRows,
  });
  for (const [architecture, flags] of [
    [original, []],
    [evolved, ['drift', 'reference-moved']],
  ] as const) {
    store.putRunLatency(finished, {
      subject: hashArchitecture(architecture),
      method: 'end-to-end',
      samplesMs: [12],
      medianMs: around(12, 0.2),
      flags,
      measuredAtMs: 0,
    });
  }
  store.appendLosses(finished, [{ phase: 'robust', step: 100, loss: 0.125, learningRate: 1e-4, extras: {} }]);
  store.endRun(finished, 'finished');
  const { id: untouched } = store.createRun(newRun('second'));
  store.close();
  return { finished, untouched };
}
