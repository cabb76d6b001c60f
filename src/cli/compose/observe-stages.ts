import { basename } from 'node:path';
import type { Store } from '../../store/store.js';
import type { TrainingLoss } from '../../store/training-records.js';
import { cosineLearningRate, type LearningRateSettings } from '../../training/learning-rate.js';
import type { StageSchedule } from '../../training/stage-schedule.js';
import type { StageRunObserver } from '../../training/stage-run.js';
import type { StepReport } from '../../training/training-session.js';
import type { Progress } from '../terminal/progress.js';

/** The run that a training of several stages belongs to. */
export interface ObservedRun {
  readonly store: Pick<Store, 'appendLosses' | 'recordCheckpoint'>;
  readonly runId: string;
}

/** Stores the losses and checkpoints of a training of several stages and shows how far each stage is. */
export function observeStages<Name extends string>(
  scheduleOf: (stage: Name) => Pick<StageSchedule, 'totalSteps' | 'learningRate'>,
  { store, runId }: ObservedRun,
  progress: Progress,
  signal: AbortSignal,
): StageRunObserver<Name> {
  let shown: Name | undefined;
  return {
    signal,
    onCheckpoint: (stage, step, { path, sha256, sizeBytes }) => {
      const kind = `${stage}-training-state`;
      store.recordCheckpoint(runId, { file: basename(path), sha256, sizeBytes, step, kind });
    },
    onSteps: (stage, firstStep, reports) => {
      const { totalSteps, learningRate } = scheduleOf(stage);
      const done = firstStep + reports.length - 1;
      // The first steps are told of when they are done, and have preparations in them: the pace is that of those after.
      if (shown !== stage) progress.start(stage, totalSteps, done);
      shown = stage;
      store.appendLosses(runId, lossesOf(stage, learningRate, firstStep, reports));
      const last = reports.at(-1);
      progress.update(done, last === undefined ? '' : `loss ${last.loss.toPrecision(3)}`);
    },
  };
}

function lossesOf(
  stage: string,
  learningRate: LearningRateSettings,
  firstStep: number,
  reports: readonly StepReport[],
): readonly TrainingLoss[] {
  return reports.map(({ loss, ...extras }, index) => {
    const step = firstStep + index;
    return { phase: stage, step, loss, learningRate: cosineLearningRate(learningRate, step), extras };
  });
}
