import type { BetaSchedule, SchedulerConfig } from './scheduler-config.js';

/**
 * The `scheduler_config.json` of a pipeline whose UNet was distilled to a few steps: DDIM on the grid that the student was trained on, with v as the network's output.
 * `_snapevo.steps` says how many steps: diffusers, like our own parser, passes over fields that begin with `_`.
 *
 * @param config the scheduler that the student was distilled with, read for DDIM
 */
export function distilledSchedulerFile(
  config: SchedulerConfig,
  steps: number,
): Readonly<Record<string, unknown>> {
  const { sampler } = config;
  return {
    _class_name: 'DDIMScheduler',
    _snapevo: { steps },
    num_train_timesteps: config.trainTimesteps,
    ...betaFields(config.betaSchedule),
    rescale_betas_zero_snr: config.rescaleBetasZeroSnr,
    prediction_type: 'v_prediction',
    timestep_spacing: config.timestepSpacing,
    steps_offset: config.stepsOffset,
    clip_sample: false,
    set_alpha_to_one: sampler.kind === 'ddim' && sampler.setAlphaToOne,
  };
}

function betaFields(schedule: BetaSchedule): Readonly<Record<string, unknown>> {
  switch (schedule.kind) {
    case 'trained':
      return { trained_betas: schedule.betas };
    case 'squaredcos_cap_v2':
      return { beta_schedule: schedule.kind };
    default:
      return { beta_schedule: schedule.kind, beta_start: schedule.start, beta_end: schedule.end };
  }
}
