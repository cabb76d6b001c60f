import { describe, expect, test } from 'vitest';
import { createSampler } from '../../src/diffusion/create-sampler.js';
import type { Sampler } from '../../src/diffusion/sampler.js';
import { parseSchedulerConfig } from '../../src/diffusion/scheduler-config.js';
import { readGolden, worstDifference } from './golden.js';

interface TrajectoryCase {
  readonly config: object;
  readonly steps: number;
  readonly eta: number;
  readonly latents: Readonly<Record<string, readonly number[]>>;
}
const golden = readGolden('trajectories') as {
  readonly start: readonly number[];
  readonly noise: readonly (readonly number[])[];
  readonly cases: readonly TrajectoryCase[];
};

/** The synthetic model of make.py. */
const model = (sample: Float32Array, timestep: number): Float32Array =>
  sample.map((value) => 0.3 * value + 0.0004 * timestep - 0.1);

function trajectory(sampler: Sampler): readonly Float32Array[] {
  let latents = Float32Array.from(golden.start);
  return sampler.timesteps.map((timestep, i) => {
    const output = model(sampler.scaleInput(latents, i), timestep);
    const noise = sampler.needsNoise(i) ? Float32Array.from(golden.noise[i] ?? []) : undefined;
    latents = Float32Array.from(sampler.step(output, i, latents, noise));
    return latents;
  });
}

describe("samplers follow diffusers' trajectories", () => {
  test.each(golden.cases.map((each) => ({ ...each, name: JSON.stringify(each.config) })))(
    '$name, $steps steps, eta $eta',
    ({ config, steps, eta, latents }) => {
      const sampler = createSampler(parseSchedulerConfig(JSON.stringify(config)), { steps, eta });
      const visited = trajectory(sampler);
      expect(visited).toHaveLength(steps);
      for (const [i, expected] of Object.entries(latents)) {
        expect(worstDifference(visited[Number(i)] ?? [], expected), `step ${i}`).toBeLessThan(1e-5);
      }
    },
  );
});
