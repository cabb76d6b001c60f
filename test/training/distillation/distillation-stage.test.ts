import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { halvedSteps } from '../../../src/diffusion/halved-steps.js';
import { unetParameters } from '../../../src/model/unet.js';
import { DeviceHost } from '../../../src/runtime/device-host.js';
import { parseDevice } from '../../../src/runtime/device.js';
import type { Tensors } from '../../../src/runtime/tensor.js';
import { coefficientNames } from '../../../src/training/distillation/distillation-loss.js';
import {
  distillationStage,
  type StepDistillation,
} from '../../../src/training/distillation/distillation-stage.js';
import { trainStage } from '../../../src/training/train-stage.js';
import { initialState, type StepReport } from '../../../src/training/training-session.js';
import {
  drawn,
  emptyContext,
  items,
  plentyOfMemory,
  schedulerOf,
  small,
  teacher,
} from './tiny-distillation.js';

const scheduler = schedulerOf('v_prediction');
const distillation: StepDistillation = {
  ...{ student: small, teacher: drawn(teacher, 1), gamma: 0.2, unconditional: emptyContext },
  ...{ items, scheduler, steps: 4, emptyCaptionShare: 0.3, guidance: { probability: 0.1, range: [2, 14] } },
  ...{ seed: 3, batch: 8, totalSteps: 60, stepsPerRun: 10, ...plentyOfMemory },
  learningRate: { peak: 0.01, warmUpSteps: 5, totalSteps: 60, finalShare: 0.1 },
  ...{ weightDecay: 0, maxGradientNorm: 1, averageDecay: 0.9 },
};
const stageOf = (changes: Partial<StepDistillation> = {}) =>
  distillationStage({ ...distillation, ...changes });

let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(() => host.close());

const numbers = (batch: Tensors, name: string): number[] => Array.from(batch[name]?.data ?? [], Number);
const steps = Array.from({ length: 300 }, (_, i) => i + 1);
async function batches(): Promise<Tensors[]> {
  const { batchAt } = stageOf();
  const found: Tensors[] = [];
  for (const step of steps) found.push(await batchAt(step));
  return found;
}

/** Whether an item's context is the empty caption's. */
const emptyItems = (batch: Tensors): boolean[] => {
  const context = numbers(batch, 'context');
  return Array.from({ length: 8 }, (_, i) =>
    emptyContext.every((value, k) => value === context[i * emptyContext.length + k]),
  );
};

describe('the batches of a step distillation', () => {
  it('depend on their seed and the step alone, and are of the types that the stage says', async () => {
    const { spec, batchAt } = stageOf();
    const batch = await batchAt(3);
    expect(await stageOf().batchAt(3)).toEqual(batch);
    expect(await batchAt(4)).not.toEqual(batch);
    const types = Object.entries(batch).map(([name, { dtype, shape }]) => [name, { dtype, shape }]);
    expect(Object.fromEntries(types)).toEqual({ ...spec.batch, ...spec.shared });
  });

  it("are at every timestep of the student's grid, each with its own numbers", async () => {
    const grid = halvedSteps(scheduler, 4);
    const batch = await stageOf().batchAt(1);
    const [timesteps, coefficients] = [numbers(batch, 'timestep'), numbers(batch, 'coefficients')];
    expect(timesteps).toEqual(grid.flatMap(({ timestep }) => [timestep, timestep]));
    timesteps.forEach((timestep, i) => {
      const step = grid.find((each) => each.timestep === timestep);
      expect(coefficients[(i + 1) * coefficientNames.length - 1]).toBe(Math.fround(step?.weight ?? NaN));
      expect(numbers(batch, 'middle')[i]).toBe(step?.middle);
    });
  });

  it('guide in a tenth of the steps, by scales of the whole range', async () => {
    const all = await batches();
    const guided = all.filter((batch) => numbers(batch, 'isGuided')[0] === 1);
    // binomial, 300 draws of 0.1: within four deviations
    expect(Math.abs(guided.length - 30)).toBeLessThan(4 * Math.sqrt(300 * 0.1 * 0.9));
    const scales = all.flatMap((batch) => numbers(batch, 'guidance'));
    expect(Math.min(...scales)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...scales)).toBeLessThan(14);
    expect(scales.reduce((sum, w) => sum + w, 0) / scales.length).toBeCloseTo(8, 0);
    expect(Math.max(...scales) - Math.min(...scales)).toBeGreaterThan(11);
  });

  it('leave captions empty only where they do not guide', async () => {
    const shares = { guided: [] as boolean[], plain: [] as boolean[] };
    for (const batch of await batches())
      shares[numbers(batch, 'isGuided')[0] === 1 ? 'guided' : 'plain'].push(...emptyItems(batch));
    expect(shares.guided).not.toContain(true);
    expect(shares.plain.filter(Boolean).length / shares.plain.length).toBeCloseTo(0.3, 1);
  });
});

describe('a student', () => {
  /** What the first and the last steps of a training without guidance report, on average. */
  async function trained(gamma: number) {
    const reports: StepReport[] = [];
    const start = { step: 0, state: initialState(drawn(small, 2).weights) };
    await trainStage(host, stageOf({ gamma, guidance: null }), start, {
      checkpointEverySteps: 100,
      signal: new AbortController().signal,
      onSteps: (_, found) => reports.push(...found),
      onCheckpoint: () => undefined,
    });
    const mean = (key: 'distillation' | 'original', from: readonly StepReport[]): number =>
      from.reduce((sum, report) => sum + (report[key] ?? NaN), 0) / from.length;
    const [first, last] = [reports.slice(0, 5), reports.slice(-5)];
    for (const { loss, distillation: error } of reports)
      expect(loss / (error ?? NaN)).toBeCloseTo(1 + gamma, 4);
    return {
      distillation: [mean('distillation', first), mean('distillation', last)] as const,
      original: [mean('original', first), mean('original', last)] as const,
    };
  }

  it('comes closer to its teacher, and to the pictures as far as it is told to', async () => {
    const [taught, both] = [await trained(0), await trained(10)];
    expect(taught.distillation[1]).toBeLessThan(taught.distillation[0] / 2);
    expect(both.original[1]).toBeLessThan(both.original[0]);
    expect(both.original[1]).toBeLessThan(taught.original[1]);
  });

  it('is trained alone: its teacher is no parameter', () => {
    const { groups } = stageOf().spec;
    const names = groups.flatMap(({ slots }) => slots.map(({ name }) => name));
    expect(names.toSorted()).toEqual(
      unetParameters(small.config, small.architecture)
        .map(({ name }) => name)
        .toSorted(),
    );
  });
});
