import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Weights } from '../../../src/model/parameters.js';
import { unetParameters } from '../../../src/model/unet.js';
import { DeviceHost } from '../../../src/runtime/device-host.js';
import { parseDevice } from '../../../src/runtime/device.js';
import { distillSteps, type DistillationParts } from '../../../src/training/distillation/distill-steps.js';
import type { DistillationPlan } from '../../../src/training/distillation/distillation-plan.js';
import type { DistillationStage } from '../../../src/training/distillation/distillation-stages.js';
import type { StepReport } from '../../../src/training/training-session.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { parts, plan, schedulerOf, small } from './tiny-distillation.js';

const root = temporaryFolder();
let host: DeviceHost;
beforeAll(() => {
  host = new DeviceHost(parseDevice('cpu', 1));
});
afterAll(() => host.close());

/** A distillation of the tiny networks in a folder of its own, which remembers what it was told. */
function distillationIn(
  name: string,
  changes: Partial<DistillationPlan> = {},
  other: Partial<DistillationParts> = {},
) {
  const workFolder = join(root, name);
  const reports = new Map<string, StepReport>();
  const checkpoints: string[] = [];
  return {
    reports,
    checkpoints,
    /** Goes on until so many steps of a stage are done, or to the end. */
    run: (stop?: { readonly stage: DistillationStage; readonly step: number }) => {
      const control = new AbortController();
      const observer = {
        signal: control.signal,
        onSteps: (stage: DistillationStage, firstStep: number, found: readonly StepReport[]) => {
          found.forEach((report, i) => reports.set(`${stage} ${firstStep + i}`, report));
          if (stage === stop?.stage && firstStep + found.length > stop.step) control.abort();
        },
        onCheckpoint: (stage: DistillationStage, step: number) => checkpoints.push(`${stage} ${step}`),
      };
      return distillSteps({ host, workFolder, observer }, { ...parts, ...other }, { ...plan, ...changes });
    },
    /** SHA-256 of every file. */
    files: () =>
      Object.fromEntries(
        readdirSync(workFolder)
          .toSorted()
          .map((file) => [
            file,
            createHash('sha256')
              .update(readFileSync(join(workFolder, file)))
              .digest('hex'),
          ]),
      ),
    stages: () => [...new Set([...reports.keys()].map((key) => key.split(' ')[0]))],
  };
}

describe('a step distillation', () => {
  const stages = [
    ...(['original-velocity', 'student-velocity'] as const),
    ...(['original-4', 'student-4', 'student-2'] as const),
  ];
  let whole: ReturnType<typeof distillationIn>;
  let weights: Weights | undefined;
  beforeAll(async () => {
    whole = distillationIn('whole');
    weights = await whole.run();
  });

  it('interrupted in every stage and resumed gives the same bits as one that was not', async () => {
    const stopped = distillationIn('stopped');
    for (const stage of stages) expect(await stopped.run({ stage, step: 2 })).toBeUndefined();
    const resumed = await stopped.run();
    expect(new Map(resumed)).toEqual(new Map(weights));
    expect(stopped.files()).toEqual(whole.files());
    expect(Object.fromEntries(stopped.reports)).toEqual(Object.fromEntries(whole.reports));
    expect(whole.stages()).toEqual(stages);
    expect(whole.reports.size).toBe(4 * stages.length);
    expect(stopped.checkpoints).toEqual(whole.checkpoints);
  });

  it('that saves memory is resumed to the same bits too', async () => {
    const saving = { accumulation: 2, activations: 'recompute', weightDtype: 'bfloat16' } as const;
    const [once, twice] = [distillationIn('saving', saving), distillationIn('saving-twice', saving)];
    await once.run();
    expect(await twice.run({ stage: 'student-4', step: 2 })).toBeUndefined();
    await twice.run();
    expect(twice.files()).toEqual(once.files());
    expect(once.files()).not.toEqual(whole.files());
    expect(Object.fromEntries(twice.reports)).toEqual(Object.fromEntries(once.reports));
  });

  it('stops before anything is trained where captions are not encoded yet', async () => {
    const control = new AbortController();
    const contexts = (): Promise<Float32Array> => {
      control.abort();
      return Promise.reject(control.signal.reason as Error);
    };
    const workFolder = join(root, 'stopped-early');
    const observer = { signal: control.signal, onSteps: () => undefined, onCheckpoint: () => undefined };
    const stopping = { ...parts, items: { ...parts.items, contexts } };
    expect(await distillSteps({ host, workFolder, observer }, stopping, plan)).toBeUndefined();
    expect(readdirSync(workFolder)).toEqual([]);
  });

  it('gives the weights of the small network, changed', () => {
    const specs = unetParameters(small.config, small.architecture);
    expect([...(weights?.keys() ?? [])].toSorted()).toEqual(specs.map(({ name }) => name).toSorted());
    for (const name of ['conv_in.weight', 'conv_out.weight'])
      expect(weights?.get(name)).not.toEqual(parts.student?.weights.get(name));
  });

  it('that is done stays as it is when it is asked for again', async () => {
    const [files, told] = [whole.files(), whole.checkpoints.length];
    expect(new Map(await whole.run())).toEqual(new Map(weights));
    expect(whole.files()).toEqual(files);
    expect(whole.checkpoints).toHaveLength(told);
  });

  it('sees the same whatever the steps in one run', async () => {
    const paces = { first: { ...plan.first, stepsPerRun: 4, steps: 4 } };
    const other = distillationIn('longer-runs', paces);
    await other.run({ stage: 'original-4', step: 4 });
    const key = 'original-4 4';
    expect(other.reports.get(key)?.loss).toBeCloseTo(whole.reports.get(key)?.loss ?? NaN, 5);
  });

  it('of one network that predicts v teaches it by itself, in fewer stages', async () => {
    const own = { student: null, scheduler: schedulerOf('v_prediction') };
    const alone = distillationIn('alone', { loss: 'vanilla' }, own);
    expect(await alone.run()).toBeDefined();
    expect(alone.stages()).toEqual(['original-4', 'original-2']);
    const progressive = distillationIn('progressive', { schedule: 'progressive' }, own);
    expect(await progressive.run()).toBeDefined();
    expect(progressive.stages()).toEqual(['original-8', 'original-4', 'original-2']);
  });

  it('that asks for a grid that there is none of fails before anything is trained', async () => {
    const tooMany = distillationIn('too-many', { schedule: 'progressive', studentSteps: 200 });
    await expect(tooMany.run()).rejects.toMatchObject({ code: 'DIFFUSION_BAD_STEPS' });
    expect(existsSync(join(root, 'too-many'))).toBe(false);
  });
});
