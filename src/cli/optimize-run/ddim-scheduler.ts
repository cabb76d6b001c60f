import { join } from 'node:path';
import { parseSchedulerConfig, type SchedulerConfig } from '../../diffusion/scheduler-config.js';
import type { Pipeline } from '../../model/pipeline-folder.js';
import { readModelText } from '../compose/read-model-text.js';

/** A pipeline's scheduler, read for DDIM, which a distilled UNet is sampled with whatever the pipeline's own sampler is. Throws as `parseSchedulerConfig` does. */
export function ddimScheduler({ schedulerFolder }: Pipeline): SchedulerConfig {
  const path = join(schedulerFolder, 'scheduler_config.json');
  return parseSchedulerConfig(readModelText(path), path, 'ddim');
}
