import type { ModelCosts } from '../../../src/cli/comparison/model-costs.js';
import type { GuidancePoint } from '../../../src/report/guidance-series.js';
import { exactly } from '../../support/search-fakes.js';

/** What a model's pictures cost, 200 ms a step of the UNet. */
export function costs(
  model: string,
  runs: number,
  decoderMs: number,
  warnings: readonly string[] = [],
): ModelCosts {
  const timed = (ms: number) => ({ ms: exactly(ms), warnings: [] });
  return {
    model,
    textEncoder: { ...timed(4), runs: 2, parameters: 123_000_000 },
    unet: { ...timed(200), runs, parameters: 860_000_000 },
    decoder: { ...timed(decoderMs), warnings, runs: 1, parameters: 50_000_000 },
    sumMs: exactly(8 + 200 * runs + decoderMs),
    picture: timed(1.1 * (8 + 200 * runs + decoderMs)),
  };
}

export const comparedCosts: readonly ModelCosts[] = [
  costs('original, 50 steps', 50, 400),
  costs('student, 8 steps', 8, 100, ['unstable']),
];

export const comparedPoints: readonly GuidancePoint[] = [
  {
    ...{ model: 'original, 50 steps', guidanceScale: 7.5, cmmd: 1.5, clipChange: null },
    clipScore: { value: 0.3, low: 0.29, high: 0.31 },
  },
  {
    ...{ model: 'student, 8 steps', guidanceScale: 7.5, cmmd: 2 },
    clipScore: { value: 0.28, low: 0.27, high: 0.29 },
    clipChange: { value: -0.02, low: -0.025, high: -0.015 },
  },
];
