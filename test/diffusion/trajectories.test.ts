import { describe, expect, test } from 'vitest';
import { createSampler } from '../../src/diffusion/create-sampler.js';
import type { SamplerKind } from '../../src/diffusion/sampler-kind.js';
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

interface SwapCase {
  readonly sampler: SamplerKind;
  readonly file: object;
  readonly steps: number;
  readonly timesteps: readonly number[];
  readonly initNoiseSigma: number;
  readonly latents: Readonly<Record<string, readonly number[]>>;
}
const swaps = readGolden('swaps') as {
  readonly start: readonly number[];
  readonly noise: readonly (readonly number[])[];
  readonly cases: readonly SwapCase[];
};

/** The latents before each step and after the last. */
function trajectory(
  sampler: Sampler,
  { start, noise }: Pick<typeof golden, 'start' | 'noise'>,
): readonly Float32Array[] {
  let latents: Float32Array = Float32Array.from(start, (value) => value * sampler.initNoiseSigma);
  let previousClean: Float32Array | undefined;
  const visited = sampler.timesteps.map((timestep, i) => {
    const output = model(sampler.scaleInput(latents, i), timestep);
    const own = sampler.needsNoise(i) ? Float32Array.from(noise[i] ?? []) : undefined;
    const result = sampler.step(i, { output, sample: latents, noise: own, previousClean });
    latents = result.latents;
    previousClean = result.clean;
    return latents;
  });
  return [Float32Array.from(start, (value) => value * sampler.initNoiseSigma), ...visited];
}

/** What rounding float32 latents of the sizes passed through may cost later, as a share of the latents that are then there. */
function roundingOf(before: readonly Float32Array[], now: readonly number[]): number {
  const largest = Math.max(...before.flatMap((latents) => Array.from(latents, Math.abs)));
  return (4 * 2 ** -24 * largest) / Math.max(1, ...now.map(Math.abs));
}

describe("samplers follow diffusers' trajectories", () => {
  test.each(golden.cases.map((each) => ({ ...each, name: JSON.stringify(each.config) })))(
    '$name, $steps steps, eta $eta',
    ({ config, steps, eta, latents }) => {
      const sampler = createSampler(parseSchedulerConfig(JSON.stringify(config)), { steps, eta });
      const visited = trajectory(sampler, golden).slice(1);
      expect(visited).toHaveLength(steps);
      for (const [i, expected] of Object.entries(latents)) {
        expect(worstDifference(visited[Number(i)] ?? [], expected), `step ${i}`).toBeLessThan(1e-5);
      }
    },
  );

  test.each(swaps.cases.map((each) => ({ ...each, name: JSON.stringify(each.file) })))(
    '$sampler from $name, $steps steps',
    ({ sampler: kind, file, steps, timesteps, initNoiseSigma, latents }) => {
      const config = parseSchedulerConfig(JSON.stringify(file), 'scheduler_config.json', kind);
      const sampler = createSampler(config, { steps });
      expect(worstDifference(sampler.timesteps, timesteps)).toBeLessThan(1e-6);
      expect(worstDifference([sampler.initNoiseSigma], [initNoiseSigma])).toBeLessThan(1e-6);
      const visited = trajectory(sampler, swaps);
      for (const [i, expected] of Object.entries(latents)) {
        const allowed = 1e-5 + roundingOf(visited.slice(0, Number(i) + 1), expected);
        expect(worstDifference(visited[Number(i) + 1] ?? [], expected), `step ${i}`).toBeLessThan(allowed);
      }
    },
  );
});
