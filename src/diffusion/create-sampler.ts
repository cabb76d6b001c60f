import { createDdimSampler } from './ddim.js';
import type { DdimOptions } from './ddim.js';
import { createDdpmSampler } from './ddpm.js';
import { createNoiseSchedule } from './noise-schedule.js';
import type { NoiseSchedule } from './noise-schedule.js';
import type { Sampler } from './sampler.js';
import type { SamplerKind, SchedulerConfig } from './scheduler-config.js';

/** How sampling is to run. */
export interface SamplerOptions extends DdimOptions {
  /** The algorithm; the configuration's own unless told otherwise. */
  readonly kind?: SamplerKind;
}

const SAMPLERS: Readonly<
  Record<SamplerKind, (config: SchedulerConfig, schedule: NoiseSchedule, options: DdimOptions) => Sampler>
> = { ddim: createDdimSampler, ddpm: createDdpmSampler };

/**
 * The sampler that a scheduler's configuration stands for, or another run on the same noise schedule. `eta` acts
 * on DDIM alone.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_STEPS`, `DIFFUSION_BAD_ETA` or `DIFFUSION_SINGULAR`
 */
export function createSampler(config: SchedulerConfig, options: SamplerOptions): Sampler {
  return SAMPLERS[options.kind ?? config.sampler](config, createNoiseSchedule(config), options);
}
