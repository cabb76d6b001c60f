import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { copyBlock, removeBlock } from '../../src/architecture/architecture.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import {
  EvolvingTrainer,
  type EvolvingTraining,
  type StepListener,
} from '../../src/training/evolving-trainer.js';
import { TrainingCheckpoints } from '../../src/training/training-checkpoint.js';
import type { TrainRequest } from '../../src/search/ports.js';
import type { TrainingState } from '../../src/training/training-session.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { openTrainer, original, requestOf, storeInitial, training } from './evolving-fixtures.js';

const folder = temporaryFolder();
let host: DeviceHost;
let initial: string;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
  initial = storeInitial(folder);
});
afterAll(async () => {
  await host.close();
});

const attention = 'mid_block.attentions.0';
const resnet = 'mid_block.resnets.0';

/** Trains as the request says with a trainer of its own; gives the reference of the weights. */
async function train(
  request: TrainRequest,
  changes: Partial<EvolvingTraining> = {},
  onSteps?: StepListener,
): Promise<string> {
  const trainer = openTrainer(host, folder, changes, onSteps);
  try {
    return (await trainer.train(request)).weights;
  } finally {
    await trainer.close();
  }
}

const stateOf = (reference: string): Promise<TrainingState> =>
  new TrainingCheckpoints(folder).load(reference);

/** Names of tensors of a kind of state that differ between two states. */
function changedNames(one: TrainingState, other: TrainingState, kind: 'parameter' | 'moment1'): string[] {
  return [...one[kind]].flatMap(([name, data]) => {
    const now = other[kind].get(name);
    return now?.length === data.length && data.every((value, i) => value === now[i]) ? [] : [name];
  });
}

const startsWith =
  (prefix: string) =>
  (name: string): boolean =>
    name.startsWith(`${prefix}.`);

describe("a training request's result", () => {
  it('depends on the request alone: a trainer that went on and a fresh one give the same weights', async () => {
    const kept = openTrainer(host, folder);
    const first = await kept.train(requestOf(initial));
    const next = requestOf(first.weights, { fromStep: 4 });
    const second = await kept.train(next);
    const fineTune = requestOf(first.weights, {
      mode: 'fine-tune',
      fromStep: 4,
      stretch: { fromStep: 4, steps: 4 },
    });
    const tuned = await kept.train(fineTune);
    expect(await kept.train(requestOf(initial))).toEqual(first);
    expect(await kept.train(requestOf(initial))).toEqual(first);
    await kept.close();
    expect(await train(next)).toBe(second.weights);
    expect(await train(fineTune)).toBe(tuned.weights);
    expect(new Set([first.weights, second.weights, tuned.weights]).size).toBe(3);
  });

  it('is the same in one request or in two', async () => {
    const whole = await train(requestOf(initial, { steps: 4 }));
    const half = await train(requestOf(initial, { steps: 2 }));
    expect(await train(requestOf(half, { fromStep: 2, steps: 2 }))).toBe(whole);
  });

  it('is the same however many steps go into one run', async () => {
    const request = requestOf(initial, { steps: 4 });
    expect(await train(request, { stepsPerRun: 4 })).toBe(await train(request, { stepsPerRun: 3 }));
  });

  it('is that of a first try when an earlier one failed on its way', async () => {
    let calls = 0;
    const failOnce: StepListener = () => {
      calls += 1;
      if (calls === 1) throw new Error('the disk is full');
    };
    const trainer = openTrainer(host, folder, {}, failOnce);
    const earlier = await train(requestOf(initial));
    await expect(trainer.train(requestOf(initial))).rejects.toThrow('the disk is full');
    expect((await trainer.train(requestOf(initial))).weights).toBe(earlier);
    await trainer.close();
  });

  it('is the same with activations kept or made again', async () => {
    const request = requestOf(initial);
    expect(await train(request, { activations: 'save' })).toBe(await train(request));
  });

  it.each<[string, Partial<TrainRequest>, Partial<EvolvingTraining>, Partial<EvolvingTraining>]>([
    ['blocks in an If or not', { mode: 'fine-tune' }, { activations: 'save' }, { activations: 'recompute' }],
    ['one batch or several added up', {}, { batch: 4 }, { batch: 2, accumulation: 2 }],
  ])('is the same but for rounding, %s', async (_, changes, one, other) => {
    const [first, second] = [
      await stateOf(await train(requestOf(initial, changes), one)),
      await stateOf(await train(requestOf(initial, changes), other)),
    ];
    const far = [...first.moment1].filter(([name, data]) => {
      const found = second.moment1.get(name) ?? new Float32Array();
      const off = Math.hypot(...data.map((value, i) => value - (found[i] ?? Number.NaN)));
      return !(off <= 1e-4 * Math.hypot(...data) + 1e-9);
    });
    expect(far.map(([name]) => name)).toEqual([]);
    expect(changedNames(first, await stateOf(initial), 'moment1')).not.toEqual([]);
  });

  it.each(['float16', 'bfloat16'] as const)('can be kept in %s, whatever the runs', async (weightDtype) => {
    const request = requestOf(initial, { steps: 4 });
    const halves = { weightDtype, stepsPerRun: 4 };
    const trained = await train(request, halves);
    expect(await train(request, { ...halves, stepsPerRun: 1 })).toBe(trained);
    const half = await train(requestOf(initial, { steps: 2 }), halves);
    expect(await train(requestOf(half, { fromStep: 2, steps: 2 }), halves)).toBe(trained);
    const trainedNames = changedNames(await stateOf(initial), await stateOf(trained), 'parameter');
    expect(trainedNames.length).toBeGreaterThan(0);
  });

  it('depends on the seed', async () => {
    expect(await train(requestOf(initial))).not.toBe(await train(requestOf(initial, { seed: 12 })));
  });

  it('is the mean loss of the steps, each of which is told of', async () => {
    const told: { mode: string; step: number; loss: number; rate: number }[] = [];
    const trainer = openTrainer(host, folder, {}, (mode, firstStep, reports, rateAt) => {
      reports.forEach(({ loss }, i) =>
        told.push({ mode, step: firstStep + i, loss, rate: rateAt(firstStep + i) }),
      );
    });
    const { loss } = await trainer.train(requestOf(initial));
    await trainer.train(
      requestOf(initial, { mode: 'fine-tune', fromStep: 10, stretch: { fromStep: 10, steps: 4 } }),
    );
    await trainer.close();
    expect(told.map(({ mode, step }) => `${mode} ${step}`)).toEqual([
      ...[1, 2, 3, 4].map((step) => `robust ${step}`),
      ...[11, 12, 13, 14].map((step) => `fine-tune ${step}`),
    ]);
    expect(loss).toBeCloseTo(told.slice(0, 4).reduce((sum, each) => sum + each.loss, 0) / 4, 10);
    // robust training stays at the peak; a fine-tuning falls to a tenth of it
    expect(told.map(({ rate }) => Number(rate.toFixed(6)))).toEqual([
      ...[0.005, 0.01, 0.01, 0.01],
      ...[0.005, 0.01, 0.0055, 0.001],
    ]);
  });
});

describe('a training that is prepared', () => {
  /** A trainer, and how many graphs it has built; the first of them fails with an error, if given. */
  function countingTrainer(failure?: Error): { trainer: EvolvingTrainer; built: () => number } {
    let built = 0;
    // not enumerable, since the draws of a training copy all else
    const counted = Object.defineProperty({ ...training }, 'maxGradientNorm', {
      enumerable: false,
      get: () => {
        built += 1;
        if (built === 1 && failure !== undefined) throw failure;
        return training.maxGradientNorm;
      },
    });
    const checkpoints = new TrainingCheckpoints(folder);
    const trainer = new EvolvingTrainer(host, counted, checkpoints, () => undefined);
    return { trainer, built: () => built };
  }

  it('is built once, and comes to the same', async () => {
    const { trainer, built } = countingTrainer();
    trainer.prepare(requestOf(initial));
    const { weights } = await trainer.train(requestOf(initial));
    expect(built()).toBe(1);
    expect(weights).toBe(await train(requestOf(initial)));
    // its model went to the device, which can't be given it again
    expect((await trainer.train(requestOf(initial))).weights).toBe(weights);
    expect(built()).toBe(2);
  });

  it('may be followed by another one, which is built by itself', async () => {
    const { trainer, built } = countingTrainer();
    trainer.prepare(requestOf(initial, { architecture: removeBlock(original, attention) }));
    const { weights } = await trainer.train(requestOf(initial));
    expect(built()).toBe(2);
    expect(weights).toBe(await train(requestOf(initial)));
  });

  it('fails when it is asked for, not before', async () => {
    const { trainer, built } = countingTrainer(new Error('no memory'));
    trainer.prepare(requestOf(initial));
    await vi.waitFor(() => {
      expect(built()).toBe(1);
    });
    await expect(trainer.train(requestOf(initial))).rejects.toThrow('no memory');
    expect((await trainer.train(requestOf(initial))).weights).toBe(await train(requestOf(initial)));
    expect(built()).toBe(2);
  });
});

describe('blocks that do not run', () => {
  it('keep weights and moments when they are not part of the architecture', async () => {
    const [trained, architecture] = [await train(requestOf(initial)), removeBlock(original, attention)];
    const [before, after] = [
      await stateOf(trained),
      await stateOf(await train(requestOf(trained, { architecture, fromStep: 4 }))),
    ];
    expect([...after.parameter.keys()].sort()).toEqual([...before.parameter.keys()].sort());
    for (const kind of ['parameter', 'moment1'] as const) {
      const changed = changedNames(before, after, kind);
      expect(changed.filter(startsWith(attention))).toEqual([]);
      expect(changed.filter(startsWith(resnet)).length).toBeGreaterThan(0);
    }
  });

  it('get no gradient in robust training, only those that are drawn', async () => {
    const skip = { probability: { 'cross-attention': 1, resnet: 0 }, rampSteps: 0 };
    const { moment1 } = await stateOf(await train(requestOf(initial), { skip }));
    const moved = [...moment1].filter(([, data]) => data.some((value) => value !== 0)).map(([name]) => name);
    expect(moved.filter((name) => name.includes('.attentions.'))).toEqual([]);
    expect(moved.filter(startsWith(resnet)).length).toBeGreaterThan(0);
  });

  it('all run in fine-tuning', async () => {
    const skip = { probability: { 'cross-attention': 1, resnet: 1 }, rampSteps: 0 };
    const { moment1 } = await stateOf(await train(requestOf(initial, { mode: 'fine-tune' }), { skip }));
    const still = [...moment1].filter(([, data]) => data.every((value) => value === 0)).map(([name]) => name);
    expect(still).toEqual([]);
  });
});

describe('a copy of a block', () => {
  const copied = copyBlock(original, resnet);
  const noSteps = { steps: 0 };

  it("starts from its source's weights and moments, and then goes its own way", async () => {
    const trained = await train(requestOf(initial));
    const start = await stateOf(await train(requestOf(trained, { architecture: copied, ...noSteps })));
    const end = await stateOf(await train(requestOf(trained, { architecture: copied, fromStep: 4 })));
    const tensor = `${resnet}.conv1.weight`;
    const twin = `${resnet}+1.conv1.weight`;
    for (const kind of ['parameter', 'moment1', 'moment2'] as const) {
      expect([...(start[kind].get(twin) ?? [])]).toEqual([...(start[kind].get(tensor) ?? [1])]);
    }
    expect([...(end.parameter.get(twin) ?? [])]).not.toEqual([...(end.parameter.get(tensor) ?? [])]);
    expect([...(end.parameter.get(twin) ?? [])]).not.toEqual([...(start.parameter.get(twin) ?? [])]);
  });

  it('starts from a copy where it was made of one', async () => {
    const twice = copyBlock(copied, `${resnet}+1`);
    const state = await stateOf(await train(requestOf(initial, { architecture: twice, ...noSteps })));
    const of = (id: string): number[] => [...(state.parameter.get(`${id}.conv1.weight`) ?? [])];
    expect(of(`${resnet}+2`)).toEqual(of(resnet));
    expect(of(`${resnet}+2`).length).toBeGreaterThan(0);
  });

  it('leaves nothing behind when it is dropped: the next of its name starts from its source', async () => {
    const with1 = await train(requestOf(initial, { architecture: copied }));
    const without = await train(requestOf(with1, { fromStep: 4 }));
    const { parameter } = await stateOf(without);
    expect([...parameter.keys()].filter((name) => name.includes('+'))).toEqual([]);
    const again = await stateOf(await train(requestOf(without, { architecture: copied, ...noSteps })));
    expect([...(again.parameter.get(`${resnet}+1.conv1.weight`) ?? [])]).toEqual([
      ...(parameter.get(`${resnet}.conv1.weight`) ?? [1]),
    ]);
  });
});

describe('weights that do not fit', () => {
  it('are refused, naming the first tensor that is missing', async () => {
    const checkpoints = new TrainingCheckpoints(folder);
    const none = new Map<string, Float32Array>();
    const empty = { parameter: none, moment1: none, moment2: none, average: none };
    const reference = checkpoints.save(empty, () => []);
    await expect(train(requestOf(reference))).rejects.toMatchObject({
      code: 'TRAINING_STATE_INCOMPLETE',
      fault: 'user',
      where: 'time_embedding.linear_1.weight',
    });
  });
});

describe('a failure', () => {
  const forever = new Promise<never>(() => undefined);
  const itemsThat = (latents: () => Promise<Float32Array>): EvolvingTraining['items'] => ({
    ...training.items,
    latents,
  });

  it('to open is told at once, however long pictures take that are read meanwhile', async () => {
    let read = 0;
    const items = itemsThat(() => {
      read += 1;
      return forever;
    });
    const refusing = { device: host.device, createSession: () => Promise.reject(new Error('no room')) };
    const trainer = openTrainer(refusing as unknown as DeviceHost, folder, { items });
    await expect(trainer.train(requestOf(initial))).rejects.toThrow('no room');
    expect(read).toBe(1);
  });

  it('to read the first pictures ends a training, and the next one goes on', async () => {
    const items = itemsThat(() => Promise.reject(new Error('no picture')));
    const trainer = openTrainer(host, folder, { items });
    await expect(trainer.train(requestOf(initial))).rejects.toThrow('no picture');
    await trainer.close();
    expect(await train(requestOf(initial))).toMatch(/^[0-9a-f]{64}$/);
  });
});
