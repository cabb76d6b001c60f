import { createDdimSampler } from './ddim.js';
import type { DdimOptions } from './ddim.js';
import { createDdpmSampler } from './ddpm.js';
import { createDpmSolverSampler } from './dpm-solver.js';
import { createEulerSampler } from './euler.js';
import { createNoiseSchedule } from './noise-schedule.js';
import type { Sampler } from './sampler.js';
import type { SchedulerConfig } from './scheduler-config.js';

/** How sampling is to run. */
export type SamplerOptions = DdimOptions;

/**
 * The sampler that a scheduler's configuration was parsed for. `eta` acts on DDIM alone.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_STEPS`, `DIFFUSION_BAD_ETA` or `DIFFUSION_SINGULAR`
 */
export function createSampler(config: SchedulerConfig, options: SamplerOptions): Sampler {
  const schedule = createNoiseSchedule(config);
  const { sampler } = config;
  switch (sampler.kind) {
    case 'ddim':
      return createDdimSampler(config, sampler, schedule, options);
    case 'ddpm':
      return createDdpmSampler(config, sampler, schedule, options);
    case 'euler':
      return createEulerSampler(config, sampler, schedule, options);
    case 'dpm-solver++':
      return createDpmSolverSampler(config, sampler, schedule, options);
  }
}
