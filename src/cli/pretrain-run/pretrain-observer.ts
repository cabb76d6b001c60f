import type { Store } from '../../store/store.js';
import { cosineLearningRate } from '../../training/learning-rate.js';
import type { PretrainPlan } from '../../training/pretrain-plan.js';
import { scheduleOf, type PretrainObserver, type PretrainStage } from '../../training/pretrain-stage.js';
import type { StepReport } from '../../training/training-session.js';
import type { TrainingLoss } from '../../store/training-records.js';
import type { Progress } from '../terminal/progress.js';

/** Stores the losses of a pretraining and shows how far each stage is. */
export function observePretraining(
  plan: PretrainPlan,
  { store, runId }: { readonly store: Pick<Store, 'appendLosses'>; readonly runId: string },
  progress: Progress,
  signal: AbortSignal,
): PretrainObserver {
  let shown: PretrainStage | undefined;
  return {
    signal,
    onCheckpoint: () => undefined,
    onSteps: (stage, firstStep, reports) => {
      if (shown !== stage) progress.start(stage, plan[stage].steps, firstStep - 1);
      shown = stage;
      store.appendLosses(runId, lossesOf(plan, stage, firstStep, reports));
      const last = reports.at(-1);
      progress.update(
        firstStep + reports.length - 1,
        last === undefined ? '' : `loss ${last.loss.toPrecision(3)}`,
      );
    },
  };
}

function lossesOf(
  plan: PretrainPlan,
  stage: PretrainStage,
  firstStep: number,
  reports: readonly StepReport[],
): readonly TrainingLoss[] {
  const { learningRate } = scheduleOf(plan[stage], plan.seed);
  return reports.map(({ loss, ...extras }, index) => {
    const step = firstStep + index;
    return { phase: stage, step, loss, learningRate: cosineLearningRate(learningRate, step), extras };
  });
}
