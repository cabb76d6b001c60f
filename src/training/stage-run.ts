import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ParameterSpec, Weights } from '../model/parameters.js';
import type { WrittenFile } from '../onnx/safetensors-writer.js';
import type { DeviceHost } from '../runtime/device-host.js';
import type { StagePlan } from './stage-plan.js';
import type { StageSchedule } from './stage-schedule.js';
import { trainStage, type StageProgress, type TrainingStage } from './train-stage.js';
import { readStep, readTrainingState, writeTrainingState } from './training-state-file.js';
import { initialState, type StepReport } from './training-session.js';

/** Who is told how a training of several stages goes. */
export interface StageRunObserver<Name extends string = string> {
  readonly onSteps: (stage: Name, firstStep: number, reports: readonly StepReport[]) => void;
  /** A training state was written to a file, whole, in place of the stage's earlier one. */
  readonly onCheckpoint: (stage: Name, step: number, file: WrittenFile) => void;
  readonly signal: AbortSignal;
}

/** What the stages of a training have in common. */
export interface StageRun<Name extends string = string> {
  readonly host: DeviceHost;
  /** Where states are kept, so that an interrupted training goes on. */
  readonly workFolder: string;
  readonly observer: StageRunObserver<Name>;
}

/** A stage ready to be trained. */
export interface PreparedStage {
  readonly stage: TrainingStage;
  readonly parameters: readonly ParameterSpec[];
  /** Weights to begin with, by the parameters' names; asked for only when no file of state is there. */
  readonly firstWeights: () => Weights;
}

/** Where a stage's state is kept. */
export const stageFile = (workFolder: string, name: string): string =>
  join(workFolder, `${name}.safetensors`);

/**
 * Trains a stage to its end, from where its file of state stands if there is one.
 * @returns the moving average of the weights; undefined when the signal stopped it before its end
 */
export async function runStage<Name extends string>(
  { host, workFolder, observer }: StageRun<Name>,
  name: Name,
  { checkpointEverySteps }: Pick<StagePlan, 'checkpointEverySteps'>,
  { stage, parameters, firstWeights }: PreparedStage,
): Promise<Weights | undefined> {
  const file = stageFile(workFolder, name);
  const shapes = new Map(parameters.map((spec) => [spec.name, spec.shape]));
  const reached = await trainStage(host, stage, startOf(file, firstWeights), {
    checkpointEverySteps,
    signal: observer.signal,
    onSteps: (firstStep, reports) => {
      observer.onSteps(name, firstStep, reports);
    },
    onCheckpoint: (step, state) => {
      const written = writeTrainingState(file, state, (tensor) => shapes.get(tensor) ?? [], step);
      observer.onCheckpoint(name, step, written);
    },
  });
  const ended = reached.step + stage.spec.stepsPerRun > stage.totalSteps;
  return ended ? reached.state.average : undefined;
}

function startOf(file: string, firstWeights: () => Weights): StageProgress {
  if (existsSync(file)) return { step: readStep(file), state: readTrainingState(file) };
  return { step: 0, state: initialState(firstWeights()) };
}

/** A stage's plan as its training takes it. */
export function scheduleOf(plan: StagePlan, seed: number): StageSchedule {
  return {
    seed,
    batch: plan.batch,
    totalSteps: plan.steps,
    stepsPerRun: plan.stepsPerRun,
    learningRate: {
      peak: plan.learningRate,
      warmUpSteps: plan.warmUpSteps,
      totalSteps: plan.steps,
      finalShare: plan.finalShare,
    },
    weightDecay: plan.weightDecay,
    maxGradientNorm: plan.maxGradientNorm,
    averageDecay: plan.averageDecay,
  };
}
