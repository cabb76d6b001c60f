import { basename } from 'node:path';
import type { Store } from '../../store/store.js';
import { cosineLearningRate, type LearningRateSettings } from '../../training/learning-rate.js';
import type { PretrainPlan } from '../../training/pretrain-plan.js';
import { scheduleOf, type PretrainObserver, type PretrainStage } from '../../training/pretrain-stage.js';
import type { StepReport } from '../../training/training-session.js';
import type { TrainingLoss } from '../../store/training-records.js';
import type { Progress } from '../terminal/progress.js';

/** Stores the losses and checkpoints of a pretraining and shows how far each stage is. */
export function observePretraining(
  plan: PretrainPlan,
  {
    store,
    runId,
  }: { readonly store: Pick<Store, 'appendLosses' | 'recordCheckpoint'>; readonly runId: string },
  progress: Progress,
  signal: AbortSignal,
): PretrainObserver {
  let shown: PretrainStage | undefined;
  return {
    signal,
    onCheckpoint: (stage, step, { path, sha256, sizeBytes }) => {
      const kind = `${stage}-training-state`;
      store.recordCheckpoint(runId, { file: basename(path), sha256, sizeBytes, step, kind });
    },
    onSteps: (stage, firstStep, reports) => {
      const own = plan[stage];
      if (own === null) return;
      if (shown !== stage) progress.start(stage, own.steps, firstStep - 1);
      shown = stage;
      const { learningRate } = scheduleOf(own, plan.seed);
      store.appendLosses(runId, lossesOf(stage, learningRate, firstStep, reports));
      const last = reports.at(-1);
      progress.update(
        firstStep + reports.length - 1,
        last === undefined ? '' : `loss ${last.loss.toPrecision(3)}`,
      );
    },
  };
}

function lossesOf(
  stage: PretrainStage,
  learningRate: LearningRateSettings,
  firstStep: number,
  reports: readonly StepReport[],
): readonly TrainingLoss[] {
  return reports.map(({ loss, ...extras }, index) => {
    const step = firstStep + index;
    return { phase: stage, step, loss, learningRate: cosineLearningRate(learningRate, step), extras };
  });
}
