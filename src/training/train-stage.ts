import { unlessAborted } from '../errors/unless-aborted.js';
import type { TensorData } from '../graph/data-type.js';
import type { DeviceHost } from '../runtime/device-host.js';
import type { Tensor, Tensors } from '../runtime/tensor.js';
import { averageDecayAt, cosineLearningRate, type LearningRateSettings } from './learning-rate.js';
import type { TrainingSpec } from './training-spec.js';
import { TrainingSession, type StepReport, type TrainingState } from './training-session.js';

/** One training from its first step to its last: what is trained, on what, and how fast. */
export interface TrainingStage {
  readonly spec: TrainingSpec;
  readonly totalSteps: number;
  readonly learningRate: LearningRateSettings;
  /** Longest decay of the moving average; without meaning when the spec keeps none. */
  readonly averageDecay: number;
  /** Inputs of one step, without the axis of steps. Depends on the step alone, so that a resumed training sees the same. May throw the reason of the training's signal. */
  readonly batchAt: (step: number) => Tensors | Promise<Tensors>;
}

/** Who is told how a training goes. */
export interface StageObserver {
  readonly onSteps: (firstStep: number, reports: readonly StepReport[]) => void;
  /** Called every `checkpointEverySteps`, at the end, and when the signal stops the training. */
  readonly onCheckpoint: (step: number, state: TrainingState) => void;
  readonly checkpointEverySteps: number;
  readonly signal: AbortSignal;
}

/** Where a training stands. */
export interface StageProgress {
  /** Steps done. */
  readonly step: number;
  readonly state: TrainingState;
}

/**
 * Trains from where `from` stands to the last step, or until the signal says to stop: after the run in hand, or between two of the batches for it.
 * `totalSteps` should be a multiple of the spec's `stepsPerRun`; a last run that would go beyond is left out.
 */
export async function trainStage(
  host: DeviceHost,
  stage: TrainingStage,
  from: StageProgress,
  observer: StageObserver,
): Promise<StageProgress> {
  const { stepsPerRun } = stage.spec;
  const isOver = (step: number): boolean => step + stepsPerRun > stage.totalSteps || observer.signal.aborted;
  if (isOver(from.step)) return from;
  const session = await TrainingSession.create(host, stage.spec, from.state);
  try {
    let { step } = from;
    let saved = step;
    const checkpoint = async (): Promise<TrainingState> => {
      const state = await session.getState();
      if (step > saved) observer.onCheckpoint(step, state);
      saved = step;
      return state;
    };
    while (!isOver(step)) {
      const reports = await unlessAborted(observer.signal, () =>
        runOnce(session, stage, step + 1, observer.signal),
      );
      if (reports === undefined) break;
      observer.onSteps(step + 1, reports);
      step += stepsPerRun;
      if (step - saved >= observer.checkpointEverySteps) await checkpoint();
    }
    return { step, state: await checkpoint() };
  } finally {
    await session.release();
  }
}

async function runOnce(
  session: TrainingSession,
  stage: TrainingStage,
  firstStep: number,
  signal: AbortSignal,
): Promise<StepReport[]> {
  const batches: Tensors[] = [];
  for (let i = 0; i < stage.spec.stepsPerRun; i += 1) {
    signal.throwIfAborted();
    batches.push(await stage.batchAt(firstStep + i));
  }
  return session.run(
    firstStep,
    stackTensors(batches),
    (step) => cosineLearningRate(stage.learningRate, step),
    (step) => averageDecayAt(step, stage.averageDecay),
  );
}

/** Tensors of equal names and shapes, stacked along a new first axis. */
export function stackTensors(parts: readonly Tensors[]): Tensors {
  const [first = {}] = parts;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, stack(parts.map((part) => part[name] as Tensor))]),
  );
}

function stack(parts: readonly Tensor[]): Tensor {
  const [{ dtype, shape, data }] = parts as [Tensor, ...Tensor[]];
  const Elements = data.constructor as new (length: number) => TensorData;
  const stacked = new Elements(data.length * parts.length);
  parts.forEach((part, i) => {
    stacked.set(part.data as never, i * data.length);
  });
  return { dtype, shape: [parts.length, ...shape], data: stacked };
}
