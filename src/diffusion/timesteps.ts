import { SnapEvoError } from '../errors/snapevo-error.js';
import type { SchedulerConfig, TimestepSpacing } from './scheduler-config.js';

/** The part of a scheduler's configuration that fixes its inference timesteps. */
export type TimestepConfig = Pick<SchedulerConfig, 'trainTimesteps' | 'timestepSpacing' | 'stepsOffset'>;

/**
 * The training timesteps that an inference of `steps` steps visits, from the noisiest down, as diffusers lays
 * them (table 2 of arXiv 2305.08891). `stepsOffset` acts on `leading` alone.
 * Where rounding makes diffusers' `trailing` end with one timestep too many, -1 (61 of 1000, for one), ours does not.
 *
 * @throws SnapEvoError `DIFFUSION_BAD_STEPS` when there are more steps than training timesteps, or the offset
 *   pushes one beyond the last
 */
export function inferenceTimesteps(config: TimestepConfig, steps: number): readonly number[] {
  if (!Number.isInteger(steps) || steps < 1 || steps > config.trainTimesteps) {
    throw badSteps(`Expected 1 to ${config.trainTimesteps} steps, found ${steps}.`);
  }
  const ascending = SPACINGS[config.timestepSpacing](config, steps);
  const last = ascending.at(-1) ?? 0;
  if (last >= config.trainTimesteps) {
    throw badSteps(
      `${steps} steps with an offset of ${config.stepsOffset} reach timestep ${last}, beyond the last, ${config.trainTimesteps - 1}.`,
    );
  }
  return Object.freeze(ascending.reverse());
}

const SPACINGS: Readonly<Record<TimestepSpacing, (config: TimestepConfig, steps: number) => number[]>> = {
  leading: ({ trainTimesteps, stepsOffset }, steps) => {
    const stride = Math.floor(trainTimesteps / steps);
    return Array.from({ length: steps }, (_, i) => i * stride + stepsOffset);
  },
  trailing: ({ trainTimesteps }, steps) =>
    trailingTimesteps(trainTimesteps, trainTimesteps / steps)
      .slice(0, steps)
      .reverse(),
  linspace: ({ trainTimesteps }, steps) => {
    const stride = (trainTimesteps - 1) / Math.max(steps - 1, 1);
    return Array.from({ length: steps }, (_, i) => roundHalfToEven(i * stride));
  },
};

/** From `end - 1` down by `stride`, rounded, as long as a timestep is left. */
export function trailingTimesteps(end: number, stride: number): number[] {
  // Counted from the top with the difference of the first two, as numpy.arange does: it decides halves.
  const step = end - (end - stride);
  const length = Math.ceil(end / stride);
  const timesteps = Array.from({ length }, (_, i) => roundHalfToEven(end - i * step) - 1);
  return timesteps.filter((timestep) => timestep >= 0);
}

/** numpy's rounding, which decides timesteps that fall halfway between two. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

export function badSteps(message: string): SnapEvoError {
  return new SnapEvoError({
    code: 'DIFFUSION_BAD_STEPS',
    message,
    hint: 'Lower the number of sampling steps.',
  });
}
