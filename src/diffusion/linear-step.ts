import { SnapEvoError } from '../errors/snapevo-error.js';
import { requireSameLength } from './latent-batch.js';
import type { Mix } from './prediction.js';
import type { Sampler, StepInput, StepResult } from './sampler.js';

/**
 * A step that mixes linearly: the clean latents are predicted from latents and output and clamped; the next
 * latents mix these, the latents before, the output, the clean latents of the step before and fresh noise.
 */
export interface LinearStep {
  readonly timestep: number;
  readonly clean: Mix;
  readonly ofClean: number;
  readonly ofSample: number;
  readonly ofOutput: number;
  /** 0, the default, where the step before is not looked at. */
  readonly ofPreviousClean?: number;
  /** Standard deviation of the noise added; 0 for none. */
  readonly ofNoise: number;
  /** What the network's input is multiplied by; 1 unless told otherwise. */
  readonly inputScale?: number;
}

/** What a sampler is beside its steps. */
export interface LinearSamplerOptions {
  /** Clean latents are clamped to plus or minus this. */
  readonly clipRange?: number | undefined;
  /** Standard deviation of the latents to start from; 1 unless told otherwise. */
  readonly initNoiseSigma?: number;
}

/** The sampler whose step `i` is `steps[i]`. */
export function createLinearSampler(
  steps: readonly LinearStep[],
  { clipRange = Infinity, initNoiseSigma = 1 }: LinearSamplerOptions = {},
): Sampler {
  return Object.freeze({
    timesteps: Object.freeze(steps.map(({ timestep }) => timestep)),
    initNoiseSigma,
    needsNoise: (index) => stepAt(steps, index).ofNoise !== 0,
    scaleInput: (sample, index) => {
      const { inputScale = 1 } = stepAt(steps, index);
      return inputScale === 1 ? sample : sample.map((value) => value * inputScale);
    },
    step: (index, input) => takeStep(stepAt(steps, index), clipRange, input),
  } satisfies Sampler);
}

function takeStep(step: LinearStep, clipRange: number, input: StepInput): StepResult {
  const { ofNoise, ofPreviousClean = 0 } = step;
  const result = mixStep(step, clipRange, input);
  if (ofPreviousClean !== 0) addScaled(result.latents, ofPreviousClean, requireHistory(input.previousClean));
  if (ofNoise !== 0) addScaled(result.latents, ofNoise, requireNoise(input.noise));
  return result;
}

function mixStep(
  { clean: { ofSample: cleanOfSample, ofOutput: cleanOfOutput }, ofClean, ofSample, ofOutput }: LinearStep,
  clipRange: number,
  { output, sample }: StepInput,
): StepResult {
  requireSameLength({ sample, output });
  const latents = new Float32Array(sample.length);
  const clean = new Float32Array(sample.length);
  for (let k = 0; k < latents.length; k++) {
    const z = sample[k] as number;
    const y = output[k] as number;
    const x = Math.min(Math.max(cleanOfSample * z + cleanOfOutput * y, -clipRange), clipRange);
    clean[k] = x;
    latents[k] = ofClean * x + ofSample * z + ofOutput * y;
  }
  return { latents, clean };
}

function addScaled(target: Float32Array, scale: number, term: Float32Array): void {
  requireSameLength({ sample: target, term });
  for (let k = 0; k < target.length; k++) target[k] = (target[k] as number) + scale * (term[k] as number);
}

function requireNoise(noise: Float32Array | undefined): Float32Array {
  if (noise !== undefined) return noise;
  throw new SnapEvoError({
    code: 'DIFFUSION_NO_NOISE',
    message: 'Expected noise for a step that adds some, found none.',
    hint: 'Pass standard normal noise of the shape of the latents.',
    fault: 'internal',
  });
}

function requireHistory(previousClean: Float32Array | undefined): Float32Array {
  if (previousClean !== undefined) return previousClean;
  throw new SnapEvoError({
    code: 'DIFFUSION_NO_HISTORY',
    message: 'Expected the clean latents of the step before for a multistep sampler, found none.',
    hint: 'Take the steps in order and pass on what each one predicts.',
    fault: 'internal',
  });
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
