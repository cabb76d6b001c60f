import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { distilledSchedulerFile } from '../../diffusion/distilled-scheduler.js';
import type { SchedulerConfig } from '../../diffusion/scheduler-config.js';
import { loadPipeline, type Pipeline } from '../../model/pipeline-folder.js';
import type { Weights } from '../../model/parameters.js';
import type { DistillationPlan } from '../../training/distillation/distillation-plan.js';
import { distillSteps, outlineDistillation } from '../../training/distillation/distill-steps.js';
import type { DistillationStage } from '../../training/distillation/distillation-stages.js';
import type { WeightedUNet } from '../../training/distillation/unet-part.js';
import { scheduleOf } from '../../training/stage-run.js';
import type { StageSchedule } from '../../training/stage-schedule.js';
import { configuredDevice } from '../compose/describe-device.js';
import { encodedTrainingData } from '../compose/evolving-data.js';
import { withDevice } from '../compose/with-device.js';
import { ddimScheduler } from './ddim-scheduler.js';
import {
  evolvedFolder,
  originalPipeline,
  stageObserver,
  workFolder,
  type Optimization,
} from './optimization.js';
import { replacePipeline } from './replace-pipeline.js';
import { SCHEDULER } from './stage-folders.js';

/** Distils the UNet, evolved or not, to fewer sampling steps, and writes the pipeline with it. Gives whether it came to its end. */
export async function stepsStage(optimization: Optimization): Promise<boolean> {
  const { config, context } = optimization;
  const models = originalPipeline(optimization);
  const folder = evolvedFolder(optimization);
  const evolved = folder === undefined ? null : loadPipeline(folder);
  const scheduler = ddimScheduler(models);
  const plan = { ...config.distillation, seed: config.seed };
  const weights = await withDevice(configuredDevice(config.device), async (host) => {
    const scheduleOfStage = schedulesOf(plan, scheduler, evolved === null);
    const observer = stageObserver<DistillationStage>(optimization, scheduleOfStage);
    const stages = { host, workFolder: workFolder(optimization), observer };
    const parts = {
      original: weightedUNet(models),
      student: evolved === null ? null : weightedUNet(evolved),
      scheduler,
      items: await encodedTrainingData(host, models, config.training.pictures, context.signal),
    };
    return distillSteps(stages, parts, plan);
  });
  if (weights === undefined) return false;
  await writeDistilled(
    optimization,
    evolved ?? models,
    weights,
    distilledSchedulerFile(scheduler, plan.studentSteps),
  );
  return true;
}

const weightedUNet = ({ unet: { config, weights }, architecture }: Pipeline): WeightedUNet => ({
  config,
  architecture,
  weights,
});

function schedulesOf(
  plan: DistillationPlan,
  scheduler: SchedulerConfig,
  areOne: boolean,
): (stage: DistillationStage) => StageSchedule {
  const outlines = outlineDistillation(scheduler, plan, areOne);
  return (stage) => {
    const outline = outlines.find(({ name }) => name === stage);
    return scheduleOf(plan[outline?.pace ?? 'first'], plan.seed);
  };
}

async function writeDistilled(
  optimization: Optimization,
  pipeline: Pipeline,
  weights: Weights,
  scheduler: object,
): Promise<void> {
  const schedulerFolder = mkdtempSync(join(workFolder(optimization), SCHEDULER));
  try {
    writeFileSync(join(schedulerFolder, 'scheduler_config.json'), `${JSON.stringify(scheduler, null, 2)}\n`);
    const { architecture } = pipeline;
    const model = { pipeline: { ...pipeline, schedulerFolder }, architecture, weights };
    await replacePipeline(optimization, 'distilled', model);
  } finally {
    rmSync(schedulerFolder, { recursive: true, force: true });
  }
}
