import fc from 'fast-check';
import { presentBlocks, removedBlocks } from '../../src/architecture/architecture.js';
import type { Architecture } from '../../src/architecture/architecture.js';
import { isCopy, rootOf } from '../../src/architecture/block.js';
import { hashArchitecture } from '../../src/architecture/canonical-form.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import type { BlockLatency } from '../../src/search/latency-table.js';
import type { LatencyMeter, ScoreRequest, Scorer, Trainer, TrainRequest } from '../../src/search/ports.js';
import { smallUnetBlocks } from './architectures.js';

/** What is true in the simulation, and what a search can only estimate. */
export interface World {
  /** CLIP lost when the block alone is skipped, by id; negative where the network is better without it. */
  readonly loss: Readonly<Record<string, number>>;
  /** The same after 40 steps of training; up to 10 steps it is `loss`, in between in proportion. */
  readonly matureLoss: Readonly<Record<string, number>>;
  /** CLIP lost on top when any two of the blocks are skipped together. */
  readonly interaction: number;
  /** CLIP gained by a copy once it is trained. */
  readonly copyGain: number;
  /** CLIP gained by the final fine-tuning; negative where it harms. */
  readonly fineTuneGain: number;
  /** Milliseconds of each block, by id. */
  readonly costMs: Readonly<Record<string, number>>;
  /** Of a block's milliseconds, the share that weights of int8 save, and of what it is worth in CLIP, the share they cost. */
  readonly int8: { readonly saves: number; readonly costs: number };
  /** Milliseconds of what cannot be skipped. */
  readonly restMs: number;
  /** Half-width of the interval of a latency, in milliseconds. */
  readonly latencyNoiseMs: number;
  /** By how much the whole is slower than the table's sum, as a share of the blocks' cost. */
  readonly tableError: number;
  /** Spread of an image's score that differs between architectures. */
  readonly scoreNoise: number;
}

const calmLoss = Object.fromEntries(smallUnetBlocks.map(({ id }, index) => [id, 0.002 * (index + 1)]));

/** No noise, no surprises: each block costs 10 ms, and matters more than the one before it. */
export const calmWorld: World = {
  loss: calmLoss,
  matureLoss: calmLoss,
  interaction: 0,
  copyGain: 0.01,
  fineTuneGain: 0,
  costMs: Object.fromEntries(smallUnetBlocks.map(({ id }) => [id, 10])),
  int8: { saves: 0.4, costs: 0.1 },
  restMs: 10,
  latencyNoiseMs: 0.1,
  tableError: 0,
  scoreNoise: 0,
};

/** Worlds of all sorts: useless and harmful blocks, blocks that cost nothing, interactions, noise. */
export const arbitraryWorld: fc.Arbitrary<World> = fc.record({
  loss: perBlock(between(-0.01, 0.04)),
  matureLoss: perBlock(between(-0.01, 0.08)),
  interaction: between(0, 0.01),
  copyGain: between(-0.01, 0.04),
  fineTuneGain: between(-0.01, 0.01),
  costMs: perBlock(fc.oneof({ weight: 9, arbitrary: between(1, 20) }, between(0, 1), fc.constant(0))),
  int8: fc.record({ saves: between(-0.2, 0.8), costs: between(-0.1, 1) }),
  restMs: between(1, 20),
  latencyNoiseMs: between(0, 1),
  tableError: between(-0.1, 0.1),
  scoreNoise: fc.oneof(fc.constant(0), between(0, 0.02)),
});

/** Latency of the whole network, in milliseconds. */
export function trueLatencyMs(world: World, architecture: Architecture): number {
  const blocksMs = presentBlocks(architecture).reduce(
    (sum, { id, precision }) =>
      sum + (world.costMs[rootOf(id)] ?? 0) * (precision === 'int8' ? 1 - world.int8.saves : 1),
    0,
  );
  return world.restMs + blocksMs * (1 + world.tableError);
}

/** CLIP score without noise; copies without weights of their own do nothing. */
function trueScore(world: World, architecture: Architecture, weights: string): number {
  const [steps = '', ...trainedCopies] = weights.split(' ');
  const maturity = Math.min(1, Math.max(0, ((Number.parseInt(steps, 10) || 0) - 10) / 30));
  const removed = removedBlocks(architecture);
  const lost = removed.reduce((sum, { id }) => sum + lossAt(world, id, maturity), 0);
  const rounded = presentBlocks(architecture)
    .filter(({ precision }) => precision === 'int8')
    .reduce((sum, { id }) => sum + world.int8.costs * lossAt(world, rootOf(id), maturity), 0);
  const together = (world.interaction * removed.length * (removed.length - 1)) / 2;
  const copies = presentBlocks(architecture).filter(({ id }) => trainedCopies.includes(id));
  const tuned = steps.endsWith('fine-tune') ? world.fineTuneGain : 0;
  return 0.3 - lost - rounded - together + world.copyGain * Math.sqrt(copies.length) + tuned;
}

/** Weights named by the steps they have trained and the copies that have weights of their own. */
export function simulatedTrainer(): Trainer {
  return {
    train: ({ architecture, fromStep, steps, mode }: TrainRequest) => {
      const copies = architecture.blocks.filter(isCopy).map(({ id }) => id);
      const weights = [`${fromStep + steps}-${mode}`, ...copies].join(' ');
      return Promise.resolve({ weights, loss: 1 / (fromStep + steps) });
    },
  };
}

export function simulatedScorer(world: World): Scorer {
  return {
    score: ({ architecture, weights, captions }: ScoreRequest) => {
      const mean = trueScore(world, architecture, weights);
      const job = `${hashArchitecture(architecture)} ${weights}`;
      const scores = Array.from({ length: captions.to - captions.from }, (_, index) => {
        const caption = captions.from + index;
        return mean + 0.05 * noise(`caption ${caption}`) + world.scoreNoise * noise(`${job} ${caption}`);
      });
      return Promise.resolve({ scores });
    },
  };
}

export function simulatedLatencyMeter(world: World): LatencyMeter {
  return {
    measureArchitecture: ({ architecture }) =>
      Promise.resolve({ latencyMs: around(trueLatencyMs(world, architecture), world.latencyNoiseMs) }),
    measureBlocks: ({ architecture, quantize = false }) =>
      Promise.resolve({ entries: architecture.blocks.map(({ id }) => tableRow(world, id, quantize)) }),
  };
}

function tableRow(world: World, id: string, quantize: boolean): BlockLatency {
  const costMs = world.costMs[id] ?? 0;
  return {
    block: id,
    ...(quantize ? { int8SavingMs: around(world.int8.saves * costMs, world.latencyNoiseMs) } : {}),
    presentMs: around(costMs, world.latencyNoiseMs),
    skippedMs: { value: 0, low: 0, high: 0 },
  };
}

function around(value: number, halfWidth: number): Estimate {
  return { value, low: value - halfWidth, high: value + halfWidth };
}

function lossAt({ loss, matureLoss }: World, id: string, maturity: number): number {
  return (1 - maturity) * (loss[id] ?? 0) + maturity * (matureLoss[id] ?? 0);
}

/** Evenly spread: fast-check's usual doubles crowd at the ends, where searches are over at once. */
function between(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 10_000 }).map((share) => min + ((max - min) * share) / 10_000);
}

function perBlock(arbitrary: fc.Arbitrary<number>): fc.Arbitrary<Record<string, number>> {
  return fc.record(Object.fromEntries(smallUnetBlocks.map(({ id }) => [id, arbitrary])));
}

/** A number in [-1, 1] that depends on the key alone (FNV-1a, then an avalanche). */
function noise(key: string): number {
  let hash = 0x811c9dc5;
  for (const character of key) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x7fffffff - 1;
}
