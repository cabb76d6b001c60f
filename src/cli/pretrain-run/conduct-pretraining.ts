import type { PretrainConfig } from '../../config/pretrain-config.js';
import { runDirectory } from '../../store/run-directory.js';
import { pretrain } from '../../training/pretrain.js';
import type { PretrainStage } from '../../training/pretrain-stage.js';
import { scheduleOf } from '../../training/stage-run.js';
import type { StageSchedule } from '../../training/stage-schedule.js';
import type { CliContext } from '../cli-context.js';
import { configuredDevice } from '../compose/describe-device.js';
import type { Ending } from '../compose/hold-run.js';
import { observeStages } from '../compose/observe-stages.js';
import { databasePath } from '../compose/open-store.js';
import type { RunToFinish } from '../compose/run-to-finish.js';
import { superviseRun } from '../compose/supervise-run.js';
import { trainingPictures } from '../compose/training-pictures.js';
import { withDevice } from '../compose/with-device.js';

/** Pretrains from where the run's folder has it, or from the start. */
export async function conductPretraining(
  { store, run, config, onOpened }: RunToFinish<PretrainConfig>,
  context: Pick<CliContext, 'terminal' | 'signal' | 'currentFolder'>,
  asJson: boolean,
): Promise<Ending> {
  const { terminal, signal } = context;
  const pretraining = (): Promise<Ending> =>
    withDevice(configuredDevice(config.device), async (host) => {
      const observer = observeStages(scheduleIn(config), { store, runId: run.id }, terminal.progress, signal);
      const isOver = await pretrain({
        plan: config,
        pictures: trainingPictures(config.pictures),
        host,
        workFolder: runDirectory(databasePath(config.results), run.id),
        observer: {
          ...observer,
          onSteps: (...told) => {
            onOpened?.();
            observer.onSteps(...told);
          },
        },
      });
      // where every stage had been trained before
      if (isOver) onOpened?.();
      terminal.progress.stop();
      return isOver ? 'finished' : 'interrupted';
    });
  const supervised = { store, run, results: config.results, asJson };
  return superviseRun(supervised, context, pretraining, () => JSON.stringify(store.readCheckpoints(run.id)));
}

/** Stages that the configuration leaves out are never asked for. */
const scheduleIn =
  (config: PretrainConfig) =>
  (stage: PretrainStage): StageSchedule =>
    scheduleOf(config[stage] ?? config.vae, config.seed);
