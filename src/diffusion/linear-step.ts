import { SnapEvoError } from '../errors/snapevo-error.js';
import { requireSameLength } from './latent-batch.js';
import type { Mix } from './prediction.js';
import type { Sampler } from './sampler.js';

/**
 * A step that mixes linearly: the clean latents are predicted from latents and output and clamped; the next
 * latents mix these, the latents before, the output and fresh noise.
 */
export interface LinearStep {
  readonly timestep: number;
  readonly clean: Mix;
  readonly ofClean: number;
  readonly ofSample: number;
  readonly ofOutput: number;
  /** Standard deviation of the noise added; 0 for none. */
  readonly ofNoise: number;
}

/** The sampler whose step `i` is `steps[i]`; clean latents are clamped to plus or minus `clipRange`. */
export function createLinearSampler(steps: readonly LinearStep[], clipRange = Infinity): Sampler {
  return Object.freeze({
    timesteps: Object.freeze(steps.map(({ timestep }) => timestep)),
    initNoiseSigma: 1,
    needsNoise: (index) => stepAt(steps, index).ofNoise !== 0,
    scaleInput: (sample) => sample,
    step: (output, index, sample, noise) => {
      const step = stepAt(steps, index);
      const next = mixStep(step, clipRange, output, sample);
      if (step.ofNoise !== 0) addScaled(next, step.ofNoise, noise);
      return next;
    },
  } satisfies Sampler);
}

function mixStep(
  { clean, ofClean, ofSample, ofOutput }: LinearStep,
  clipRange: number,
  output: Float32Array,
  sample: Float32Array,
): Float32Array {
  requireSameLength({ sample, output });
  const next = new Float32Array(sample.length);
  for (let k = 0; k < next.length; k++) {
    const z = sample[k] as number;
    const y = output[k] as number;
    const x = Math.min(Math.max(clean.ofSample * z + clean.ofOutput * y, -clipRange), clipRange);
    next[k] = ofClean * x + ofSample * z + ofOutput * y;
  }
  return next;
}

function addScaled(target: Float32Array, scale: number, noise: Float32Array | undefined): void {
  if (noise === undefined) {
    throw new SnapEvoError({
      code: 'DIFFUSION_NO_NOISE',
      message: 'Expected noise for a step that adds some, found none.',
      hint: 'Pass standard normal noise of the shape of the latents.',
      fault: 'internal',
    });
  }
  requireSameLength({ sample: target, noise });
  for (let k = 0; k < target.length; k++) target[k] = (target[k] as number) + scale * (noise[k] as number);
}

function stepAt(steps: readonly LinearStep[], index: number): LinearStep {
  const step = steps[index];
  if (step !== undefined) return step;
  throw new SnapEvoError({
    code: 'DIFFUSION_BAD_STEP',
    message: `Expected a step from 0 to ${steps.length - 1}, found ${index}.`,
    fault: 'internal',
  });
}
