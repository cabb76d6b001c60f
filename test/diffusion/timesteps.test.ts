import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TimestepSpacing } from '../../src/diffusion/scheduler-config.js';
import { inferenceTimesteps } from '../../src/diffusion/timesteps.js';
import { readGolden } from './golden.js';

interface TimestepCase {
  readonly spacing: TimestepSpacing;
  readonly trainTimesteps: number;
  readonly stepsOffset: number;
  readonly steps: number;
  readonly timesteps: readonly number[];
}

const badSteps: unknown = expect.objectContaining({ code: 'DIFFUSION_BAD_STEPS' });

describe('inference timesteps', () => {
  test.each(readGolden('timesteps') as readonly TimestepCase[])(
    "are diffusers': $spacing, $steps of $trainTimesteps, offset $stepsOffset",
    ({ spacing, trainTimesteps, stepsOffset, steps, timesteps }) => {
      const config = { trainTimesteps, stepsOffset, timestepSpacing: spacing };
      expect(inferenceTimesteps(config, steps)).toEqual(timesteps);
    },
  );

  test("are as many as asked for where diffusers' trailing spacing ends with a timestep of -1", () => {
    const config = { trainTimesteps: 1000, stepsOffset: 0, timestepSpacing: 'trailing' } as const;
    expect(inferenceTimesteps(config, 61).slice(-3)).toEqual([48, 32, 15]);
  });

  test('go strictly down within the training timesteps', () => {
    const spacing = fc.constantFrom<TimestepSpacing>('leading', 'trailing', 'linspace');
    fc.assert(
      fc.property(spacing, fc.integer({ min: 1, max: 1000 }), fc.nat(), (timestepSpacing, total, seed) => {
        const steps = 1 + (seed % total);
        const timesteps = inferenceTimesteps(
          { trainTimesteps: total, stepsOffset: 0, timestepSpacing },
          steps,
        );
        expect(timesteps).toHaveLength(steps);
        expect(timesteps[0]).toBeLessThan(total);
        expect(timesteps.at(-1)).toBeGreaterThanOrEqual(0);
        expect(timesteps.every((t, i) => i === 0 || t < (timesteps[i - 1] ?? NaN))).toBe(true);
      }),
    );
  });

  test.each([0, -1, 1.5, 1001, NaN])('refuses %s steps of 1000', (steps) => {
    const config = { trainTimesteps: 1000, stepsOffset: 0, timestepSpacing: 'leading' } as const;
    expect(() => inferenceTimesteps(config, steps)).toThrow(badSteps);
  });

  test('refuses an offset that leads beyond the last training timestep', () => {
    const config = { trainTimesteps: 1000, stepsOffset: 1, timestepSpacing: 'leading' } as const;
    expect(() => inferenceTimesteps(config, 1000)).toThrow(badSteps);
    expect(inferenceTimesteps(config, 999)[0]).toBe(999);
  });
});
