import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presentBlocks } from '../../../src/architecture/architecture.js';
import { DeviceHost } from '../../../src/runtime/device-host.js';
import { parseDevice } from '../../../src/runtime/device.js';
import {
  distillationStage,
  type StepDistillation,
} from '../../../src/training/distillation/distillation-stage.js';
import { velocityStage } from '../../../src/training/distillation/velocity-stage.js';
import { trainStage, type TrainingStage } from '../../../src/training/train-stage.js';
import type { TrainingMemory } from '../../../src/training/training-memory.js';
import { initialState, type TrainingState } from '../../../src/training/training-session.js';
import { weightFormats } from '../../../src/training/weight-format.js';
import {
  drawn,
  emptyContext,
  items,
  plentyOfMemory,
  schedulerOf,
  small,
  teacher,
} from './tiny-distillation.js';

let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(() => host.close());

type Settings = Partial<TrainingMemory & { readonly batch: number; readonly gamma: number }>;

const common = {
  ...{ items, scheduler: schedulerOf('v_prediction'), emptyCaptionShare: 0.3 },
  ...{ seed: 3, batch: 4, totalSteps: 2, stepsPerRun: 1, ...plentyOfMemory },
  learningRate: { peak: 0.01, warmUpSteps: 0, totalSteps: 2, finalShare: 1 },
  ...{ weightDecay: 0, maxGradientNorm: 1e9, averageDecay: 0.9 },
};

const halving: StepDistillation = {
  ...{ ...common, student: small, teacher: drawn(teacher, 1), gamma: 0.2, unconditional: emptyContext },
  ...{ steps: 4, guidance: { probability: 1, range: [2, 14] } },
};

/** Without the original loss: each of several batches rescales it by itself. */
const stages: Readonly<Record<string, (settings: Settings) => TrainingStage>> = {
  'fine-tuning to v': (settings) => velocityStage({ ...common, network: small, ...settings }),
  'a halving that guides': (settings) => distillationStage({ ...halving, gamma: 0, ...settings }),
};

async function trained(stage: TrainingStage): Promise<TrainingState> {
  const start = { step: 0, state: initialState(drawn(small, 2).weights) };
  const { state, step } = await trainStage(host, stage, start, {
    checkpointEverySteps: 100,
    signal: new AbortController().signal,
    onSteps: () => undefined,
    onCheckpoint: () => undefined,
  });
  expect(step).toBe(stage.totalSteps);
  return state;
}

/** Names of tensors whose gradients, as their moving average has them, are not alike. */
function unlike(one: TrainingState, other: TrainingState): readonly string[] {
  const names = [...one.moment1.keys()];
  expect(names.length).toBeGreaterThan(0);
  return names.filter((name) => {
    const [data, found] = [one.moment1.get(name) ?? [], other.moment1.get(name) ?? []];
    const off = Math.hypot(...Array.from(data, (value, i) => value - (found[i] ?? Number.NaN)));
    return !(off <= 1e-4 * Math.hypot(...data) + 1e-7);
  });
}

describe.each(Object.entries(stages))('%s', (_, stageOf) => {
  it('is the same but for rounding, whether blocks are computed again or not', async () => {
    const recomputing = stageOf({ activations: 'recompute' });
    expect(recomputing.spec.shared).toMatchObject({
      gates: { dtype: 'bool', shape: [presentBlocks(small.architecture).length] },
    });
    expect(unlike(await trained(stageOf({})), await trained(recomputing))).toEqual([]);
  });

  it('is the same but for rounding as one batch or as several added up', async () => {
    const parts = await trained(stageOf({ batch: 2, accumulation: 2, activations: 'recompute' }));
    expect(unlike(await trained(stageOf({ batch: 4 })), parts)).toEqual([]);
    expect(unlike(await trained(stageOf({ batch: 2 })), parts)).not.toEqual([]);
  });

  it.each(['float16', 'bfloat16'] as const)(
    'keeps weights in %s, and their average whole',
    async (weightDtype) => {
      const { parameter, average } = await trained(stageOf({ weightDtype }));
      const { encode, decode } = weightFormats[weightDtype];
      const isRounded = (weights: ReadonlyMap<string, Float32Array>): boolean =>
        [...weights.values()].every((data) => decode(encode(data)).every((value, i) => value === data[i]));
      expect({ parameter: isRounded(parameter), average: isRounded(average) }).toEqual({
        parameter: true,
        average: false,
      });
    },
  );
});
