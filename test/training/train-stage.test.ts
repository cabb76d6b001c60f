import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import { float32Tensor, int64Tensor } from '../../src/runtime/tensor.js';
import { LazyWeights } from '../../src/model/lazy-weights.js';
import { averageDecayAt } from '../../src/training/learning-rate.js';
import { layOutParameters } from '../../src/training/parameter-layout.js';
import {
  stackTensors,
  trainStage,
  type StageObserver,
  type StageProgress,
} from '../../src/training/train-stage.js';
import { readStep, readTrainingState, writeTrainingState } from '../../src/training/training-state-file.js';
import { initialState, TrainingSession, type StepReport } from '../../src/training/training-session.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { lineStage, lineStart, numbersOf, shapes } from './line-fitting.js';

const folder = temporaryFolder();
let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(async () => {
  await host.close();
});

interface Told {
  readonly reports: StepReport[];
  readonly firstSteps: number[];
  readonly checkpoints: StageProgress[];
}

/** An observer that keeps what it is told, and stops the training once so many steps are reported. */
function keep(checkpointEverySteps: number, stopAfter = Number.POSITIVE_INFINITY): StageObserver & Told {
  const control = new AbortController();
  const told: Told = { reports: [], firstSteps: [], checkpoints: [] };
  return {
    ...told,
    checkpointEverySteps,
    signal: control.signal,
    onSteps: (firstStep, reports) => {
      told.firstSteps.push(firstStep);
      told.reports.push(...reports);
      if (told.reports.length >= stopAfter) control.abort();
    },
    onCheckpoint: (step, state) => told.checkpoints.push({ step, state }),
  };
}

describe('a stage of training', () => {
  it('learns, and reports every step once, in order, with its metrics', async () => {
    const observer = keep(100);
    const reached = await trainStage(host, lineStage(2, 60), lineStart(), observer);
    expect(reached.step).toBe(60);
    expect(observer.firstSteps).toEqual(Array.from({ length: 30 }, (_, i) => 2 * i + 1));
    expect(Object.keys(observer.reports[0] ?? {}).sort()).toEqual(['gradientNorm', 'loss', 'mean']);
    const meanLoss = (reports: readonly StepReport[]): number =>
      reports.reduce((sum, { loss }) => sum + loss, 0) / reports.length;
    expect(meanLoss(observer.reports.slice(-15))).toBeLessThan(0.7 * meanLoss(observer.reports.slice(0, 15)));
  });

  it.each([1, 2, 3, 6, 12])('is the same to the bit with %i steps to a run', async (stepsPerRun) => {
    const [one, other] = [keep(100), keep(100)];
    const singly = await trainStage(host, lineStage(1), lineStart(), one);
    const looped = await trainStage(host, lineStage(stepsPerRun), lineStart(), other);
    expect(numbersOf(looped.state)).toEqual(numbersOf(singly.state));
    expect(other.reports).toEqual(one.reports);
  });

  it.each([2, 4, 10])(
    'stopped after %i steps goes on from its file as if it had not been',
    async (stopAfter) => {
      const whole = await trainStage(host, lineStage(2), lineStart(), keep(100));
      const stopped = keep(100, stopAfter);
      const file = join(folder, `stopped-${stopAfter}.safetensors`);
      const until = await trainStage(host, lineStage(2), lineStart(), stopped);
      expect(until.step).toBe(stopAfter);
      expect(stopped.checkpoints.map(({ step }) => step)).toEqual([stopAfter]);
      writeTrainingState(file, until.state, (name) => shapes.get(name) ?? [], until.step);
      const read = { step: readStep(file), state: readTrainingState(file) };
      const resumed = keep(100);
      const reached = await trainStage(host, lineStage(2), read, resumed);
      expect(resumed.firstSteps[0]).toBe(stopAfter + 1);
      expect(reached.step).toBe(whole.step);
      expect(numbersOf(reached.state)).toEqual(numbersOf(whole.state));
    },
  );

  it.each([
    ['after a batch', () => undefined],
    [
      'in the making of one',
      (signal: AbortSignal) => {
        signal.throwIfAborted();
      },
    ],
  ] as const)('stopped %s keeps all steps before its run', async (_, end) => {
    const control = new AbortController();
    const observer = { ...keep(100), signal: control.signal };
    const made: number[] = [];
    const stage = lineStage(3);
    const batchAt = (step: number) => {
      made.push(step);
      if (step === 8) control.abort();
      end(control.signal);
      return stage.batchAt(step);
    };
    const reached = await trainStage(host, { ...stage, batchAt }, lineStart(), observer);
    expect(reached.step).toBe(6);
    expect(made.at(-1)).toBe(8);
    expect(observer.checkpoints.map(({ step }) => step)).toEqual([6]);
  });

  it('gives out its state as often as asked, and at the end, never twice at one step', async () => {
    const stepsOf = async (every: number): Promise<number[]> => {
      const observer = keep(every);
      await trainStage(host, lineStage(2), lineStart(), observer);
      return observer.checkpoints.map(({ step }) => step);
    };
    expect(await stepsOf(4)).toEqual([4, 8, 12]);
    expect(await stepsOf(5)).toEqual([6, 12]);
    expect(await stepsOf(8)).toEqual([8, 12]);
  });

  it('gives states out as copies, which training on does not change', async () => {
    const observer = keep(4);
    await trainStage(host, lineStage(2), lineStart(), observer);
    const [first] = observer.checkpoints;
    const again = keep(100, 4);
    const stopped = await trainStage(host, lineStage(2), lineStart(), again);
    expect(first === undefined ? {} : numbersOf(first.state)).toEqual(numbersOf(stopped.state));
  });

  it('leaves out a last run that would go beyond its end', async () => {
    const reached = await trainStage(host, lineStage(5), lineStart(), keep(100));
    expect(reached.step).toBe(10);
  });

  it('keeps a moving average of the weights', async () => {
    const observer = keep(1);
    await trainStage(host, lineStage(1), lineStart(), observer);
    const name = 'first.weight';
    let average = [...(lineStart().state.parameter.get(name) ?? [])];
    for (const { step, state } of observer.checkpoints) {
      const decay = averageDecayAt(step, 0.9);
      const weights = state.parameter.get(name);
      average = average.map((kept, i) => decay * kept + (1 - decay) * (weights?.[i] ?? Number.NaN));
      average.forEach((value, i) => {
        expect(state.average.get(name)?.[i]).toBeCloseTo(value, 5);
      });
    }
    expect(observer.checkpoints).toHaveLength(12);
  });

  it.each([1, 3])(
    'stops where it diverges, %i to a run, and gives out nothing of it',
    async (stepsPerRun) => {
      const observer = keep(1);
      const stage = lineStage(stepsPerRun);
      const spoilt = {
        ...stage,
        batchAt: async (step: number) => ({
          ...(await stage.batchAt(step)),
          ...(step === 5 ? { y: float32Tensor([4, 1], new Float32Array(4).fill(3e38)) } : {}),
        }),
      };
      await expect(trainStage(host, spoilt, lineStart(), observer)).rejects.toMatchObject({
        code: 'TRAINING_DIVERGED',
        where: 'training step 5',
        fault: 'user',
      });
      const whole = Math.floor(4 / stepsPerRun) * stepsPerRun;
      expect(observer.checkpoints.at(-1)?.step).toBe(whole);
      expect(observer.reports).toHaveLength(whole);
    },
  );

  it('that is at its end, or is to stop at once, gives back what it was given without a session', async () => {
    const noHost = {} as unknown as DeviceHost;
    const atEnd = { ...lineStart(), step: 12 };
    expect(await trainStage(noHost, lineStage(2), atEnd, keep(1))).toBe(atEnd);
    const start = lineStart();
    expect(await trainStage(noHost, lineStage(2), start, { ...keep(1), signal: AbortSignal.abort() })).toBe(
      start,
    );
  });

  it('refuses a state that lacks one of its tensors, and names it', async () => {
    const { step, state } = lineStart();
    const parameter = new Map(state.parameter);
    parameter.delete('second.weight');
    await expect(
      trainStage(host, lineStage(1), { step, state: { ...state, parameter } }, keep(1)),
    ).rejects.toMatchObject({ code: 'TRAINING_STATE_INCOMPLETE', where: 'second.weight' });
  });
});

describe('a training session', () => {
  it('gives back the state it was given, to the bit', async () => {
    const { state } = lineStart();
    const moments = new Map(
      [...state.parameter].map(([name, data]) => [name, data.map((value) => value * 0.1)]),
    );
    const given = {
      ...state,
      moment1: moments,
      moment2: new Map([...moments].map(([n, d]) => [n, d.map(Math.abs)])),
    };
    const session = await TrainingSession.create(host, lineStage(1).spec, given);
    expect(numbersOf(await session.getState())).toEqual(numbersOf(given));
    await session.setState(state);
    expect(numbersOf(await session.getState())).toEqual(numbersOf(state));
    await session.release();
  });

  it('leaves no session behind when the state it is given is not whole', async () => {
    let open = 0;
    const counting = {
      device: host.device,
      createSession: async (...asked: Parameters<DeviceHost['createSession']>) => {
        const session = await host.createSession(...asked);
        open += 1;
        return {
          ...session,
          release: async () => {
            await session.release();
            open -= 1;
          },
        };
      },
    } as unknown as DeviceHost;
    const { state } = lineStart();
    const partial = { ...state, moment1: new Map<string, Float32Array>() };
    await expect(TrainingSession.create(counting, lineStage(1).spec, partial)).rejects.toMatchObject({
      code: 'TRAINING_STATE_INCOMPLETE',
    });
    expect(open).toBe(0);
  });

  it('that cannot be created reads no more of its state', async () => {
    const refusing = { device: host.device, createSession: () => Promise.reject(new Error('no room')) };
    const tensors = ['one', 'two', 'three'].map((name) => ({ name, shape: [2 ** 10, 2 ** 10] }));
    const spec = { ...lineStage(1).spec, groups: layOutParameters(tensors, (name) => name) };
    const read: string[] = [];
    const find = (name: string) => (): Float32Array => {
      read.push(name);
      return new Float32Array(2 ** 20);
    };
    const state = initialState(new LazyWeights(new Map(tensors.map(({ name }) => [name, find(name)]))));
    read.length = 0;
    const model = { spec, bytes: new Uint8Array(), residents: {}, reports: {} };
    await expect(TrainingSession.load(refusing as unknown as DeviceHost, model, state)).rejects.toThrow(
      'no room',
    );
    expect(read).toEqual(['one']);
  });
});

describe('stacking tensors', () => {
  it('gives a new first axis, of whatever type', () => {
    const stacked = stackTensors([
      { a: float32Tensor([2], Float32Array.of(1, 2)), b: int64Tensor([1], [3]) },
      { a: float32Tensor([2], Float32Array.of(4, 5)), b: int64Tensor([1], [6]) },
    ]);
    expect(stacked).toEqual({
      a: float32Tensor([2, 2], Float32Array.of(1, 2, 4, 5)),
      b: int64Tensor([2, 1], [3, 6]),
    });
  });
});
