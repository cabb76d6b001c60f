import { SnapEvoError } from '../errors/snapevo-error.js';
import { alphaAfter, ddimStep, ddimSteps, type DdimStep } from './ddim.js';
import { alphaCumprodAt, createNoiseSchedule } from './noise-schedule.js';
import { predictionMix, type Mix } from './prediction.js';
import type { DdimSettings } from './sampler-settings.js';
import type { SchedulerConfig } from './scheduler-config.js';

/** Latents further on, mixed of those of a step and the velocity predicted from them; nothing is clamped. */
const nextMix = ({ clean, ofClean, ofSample, ofOutput }: DdimStep): Mix => ({
  ofSample: ofClean * clean.ofSample + ofSample,
  ofOutput: ofClean * clean.ofOutput + ofOutput,
});

const standStill: Mix = { ofSample: 1, ofOutput: 0 };

/** A student's DDIM step, for which its teacher takes two. Networks predict v. */
export interface HalvedStep {
  /** t: where the student's step begins, and the teacher's first. */
  readonly timestep: number;
  /** t': where the teacher's second step begins. */
  readonly middle: number;
  /** The teacher's steps: z_t' of z_t and its v; z_t'' of z_t' and its v. */
  readonly first: Mix;
  readonly second: Mix;
  /** The clean latents whose step, taken by the student's sampler, leads from z_t to z_t''. */
  readonly target: { readonly ofNext: number; readonly ofNow: number };
  /** The student's clean latents of z_t and its v: alpha_t z_t - sigma_t v. */
  readonly clean: Mix;
  /** max(alpha_t^2 / sigma_t^2, 1), the truncated signal-to-noise ratio. */
  readonly weight: number;
}

/**
 * The steps of a student's DDIM sampler, each with the two that its teacher's sampler of twice as many takes instead, and what the student is to predict so as to arrive where they do:
 * target = (z_t'' - (sigma_t''/sigma_t) z_t) / (alpha_t'' - (sigma_t''/sigma_t) alpha_t) (arXiv 2202.00512, appendix G; arXiv 2306.00980, section 4).
 *
 * Timesteps are whole numbers, so that the noise a sampler's step arrives at and that of the timestep it goes on from may be one apart. The teacher goes
 * as its sampler does; t'' is where the student's sampler arrives, which makes the target exact for it. Where the teacher's grid lacks a student's timestep (`leading` and `linspace` spacings
 * that don't divide), its two steps go from there over the timestep that its stride leads to. A step that stands still, as from timestep 0 without `set_alpha_to_one`, teaches nothing and is left out.
 *
 * @param config of any prediction type: all networks here predict v
 * @returns from the noisiest down
 * @throws SnapEvoError `DISTILLATION_SAMPLER`, `DIFFUSION_BAD_STEPS`
 */
export function halvedSteps(config: SchedulerConfig, studentSteps: number): readonly HalvedStep[] {
  const settings = requireDdim(config);
  const schedule = createNoiseSchedule(config);
  const velocity: SchedulerConfig = { ...config, predictionType: 'v_prediction' };
  const teacher = ddimSteps(velocity, settings, schedule, { steps: 2 * studentSteps });
  const teacherStride = Math.floor(config.trainTimesteps / (2 * studentSteps));

  const throughMiddle = ({ timestep, alphaNow, alphaNext }: DdimStep): readonly DdimStep[] => {
    const middle = timestep - teacherStride;
    const first = ddimStep(velocity, timestep, alphaNow, alphaAfter(settings, schedule, middle), 0);
    if (middle < 0) return [first];
    return [first, ddimStep(velocity, middle, alphaCumprodAt(schedule, middle), alphaNext, 0)];
  };
  const teachersSteps = (step: DdimStep): readonly DdimStep[] => {
    const at = teacher.findIndex(({ timestep }) => timestep === step.timestep);
    return at < 0 ? throughMiddle(step) : teacher.slice(at, at + 2);
  };
  return ddimSteps(velocity, settings, schedule, { steps: studentSteps })
    .filter(({ alphaNow, alphaNext }) => alphaNext > alphaNow)
    .map((step) => halvedStep(step, teachersSteps(step)));
}

function halvedStep(step: DdimStep, [first = step, second]: readonly DdimStep[]): HalvedStep {
  const { timestep, alphaNow, alphaNext } = step;
  const ratio = Math.sqrt((1 - alphaNext) / (1 - alphaNow));
  const advance = Math.sqrt(alphaNext) - ratio * Math.sqrt(alphaNow);
  return {
    timestep,
    middle: second?.timestep ?? timestep,
    first: nextMix(first),
    second: second === undefined ? standStill : nextMix(second),
    target: { ofNext: 1 / advance, ofNow: -ratio / advance },
    clean: predictionMix('v_prediction', 'sample', alphaNow),
    weight: Math.max(alphaNow / (1 - alphaNow), 1),
  };
}

function requireDdim({ sampler }: SchedulerConfig): DdimSettings {
  if (sampler.kind === 'ddim' && sampler.clipSampleRange === undefined) return sampler;
  const found =
    sampler.kind === 'ddim' ? 'one that clamps them ("clip_sample")' : `the sampler ${sampler.kind}`;
  throw new SnapEvoError({
    code: 'DISTILLATION_SAMPLER',
    message: `expected a scheduler read for DDIM that leaves clean latents as they are, found ${found}`,
    where: 'scheduler_config.json',
    hint: 'a few-step student is sampled with DDIM: set "_class_name" to "DDIMScheduler" and "clip_sample" to false',
  });
}
