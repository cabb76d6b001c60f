import { join } from 'node:path';
import type { SearchConfig } from '../../config/search-config.js';
import { parseSchedulerConfig } from '../../diffusion/scheduler-config.js';
import { readModelText } from './read-model-text.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import type { DeviceHost } from '../../runtime/device-host.js';
import type { Trainer } from '../../search/ports.js';
import type { Store } from '../../store/store.js';
import { EvolvingTrainer, type StepListener } from '../../training/evolving-trainer.js';
import type { TrainingCheckpoints } from '../../training/training-checkpoint.js';
import type { StepReport } from '../../training/training-session.js';
import type { SearchDisplay } from '../search-run/search-display.js';
import { encodedTrainingData } from './evolving-data.js';

/** What the search's trainer works with. */
export interface SearchTrainerParts {
  readonly host: DeviceHost;
  readonly models: Pipeline;
  readonly training: SearchConfig['training'];
  readonly checkpoints: TrainingCheckpoints;
  readonly store: Store;
  readonly runId: string;
  readonly display: SearchDisplay;
  /** Frees what training doesn't need, see `OpenScorer`. */
  readonly makeRoom: () => Promise<void>;
}

/** The search's trainer, opened when it is first asked to train, so that a search that is resumed in its scoring goes on at once. */
export function searchTrainer(parts: SearchTrainerParts): Trainer {
  let opened: Promise<Trainer> | undefined;
  return {
    prepare: (request) => {
      // opened or not, whoever trains is told
      opened?.then((trainer) => trainer.prepare?.(request)).catch(() => undefined);
    },
    train: async (request) => {
      opened ??= openSearchTrainer(parts);
      const trainer = await opened;
      return trainer.train(request);
    },
  };
}

/** Opens the search's trainer: loads the encoders of pictures and captions. Losses are stored as they come. */
export async function openSearchTrainer(parts: SearchTrainerParts): Promise<Trainer> {
  const { host, models, training, checkpoints } = parts;
  const scheduler = join(models.schedulerFolder, 'scheduler_config.json');
  let unitStart = 0;
  const onSteps: StepListener = (mode, firstStep, reports, learningRateAt) => {
    const losses = reports.map(({ loss, ...extras }, index) => {
      const step = firstStep + index;
      return { phase: mode, step, loss, learningRate: learningRateAt(step), extras };
    });
    parts.store.appendLosses(parts.runId, losses);
    parts.display.onWithin(firstStep - 1 + reports.length - unitStart, describeLoss(reports));
  };
  const trainer = new EvolvingTrainer(
    host,
    {
      ...training,
      items: await encodedTrainingData(host, models, training.pictures),
      unet: models.unet.config,
      scheduler: parseSchedulerConfig(readModelText(scheduler), scheduler),
    },
    checkpoints,
    onSteps,
  );
  return {
    prepare: (request) => {
      trainer.prepare(request);
    },
    train: async (request) => {
      unitStart = request.fromStep;
      await parts.makeRoom();
      return trainer.train(request);
    },
  };
}

function describeLoss(reports: readonly StepReport[]): string {
  const last = reports.at(-1);
  return last === undefined ? '' : `loss ${last.loss.toPrecision(3)}`;
}
