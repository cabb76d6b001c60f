import { SnapEvoError } from '../errors/snapevo-error.js';
import { guide, rescaleGuidance } from './guidance.js';
import { requireSameLength } from './latent-batch.js';
import type { Sampler } from './sampler.js';

/** What the network is conditioned on: the captions, or empty ones in their place. */
export type Pass = 'conditional' | 'unconditional';

/**
 * Runs the network on one batch of latents, once for each pass.
 *
 * @param latents `[batch, channels, height, width]`; must not be changed
 * @param timestep the training timestep, the same for all images
 * @param passes `['conditional']`, or `['unconditional', 'conditional']` under guidance. The two may run as one doubled
 *   batch: `stackPasses` makes its latents and `splitPasses` takes the output apart without copying
 * @returns one output of the latents' shape for each pass, in order
 */
export type Predict = (
  latents: Float32Array,
  timestep: number,
  passes: readonly Pass[],
) => Promise<readonly Float32Array[]>;

/** What the sampling loop needs. */
export interface SamplingOptions {
  readonly predict: Predict;
  readonly sampler: Sampler;
  /** Standard normal latents to start from, `[batch, channels, height, width]`. */
  readonly latents: Float32Array;
  readonly batch: number;
  /** Strength of classifier-free guidance; at 1 or below the unconditional pass is not run. */
  readonly guidanceScale: number;
  /** See `rescaleGuidance`; 0, the default, for none. */
  readonly guidanceRescale?: number;
  /** Standard normal noise for step `index`, of the latents' shape; needed by stochastic samplers alone. */
  readonly noise?: (index: number) => Float32Array;
  /** Checked before every step and before decoding; the promise then rejects with its reason. */
  readonly signal?: AbortSignal;
  /** Told after every step. */
  readonly onStep?: (done: number, total: number) => void;
}

/** The sampling loop's needs and a decoder, which turns the last latents into whatever an image is to the caller. */
export interface TextToImageOptions<Images> extends SamplingOptions {
  readonly decode: (latents: Float32Array) => Promise<Images>;
}

const GUIDED: readonly Pass[] = ['unconditional', 'conditional'];
const UNGUIDED: readonly Pass[] = ['conditional'];

/**
 * Makes images from noise: denoises, then decodes.
 *
 * @throws the signal's reason when aborted; what the ports throw; SnapEvoError `DIFFUSION_BAD_SHAPE`, `DIFFUSION_NO_NOISE`,
 *   `DIFFUSION_BAD_PASSES` or `DIFFUSION_NOT_FINITE`
 */
export async function textToImage<Images>(options: TextToImageOptions<Images>): Promise<Images> {
  const latents = await sampleLatents(options);
  options.signal?.throwIfAborted();
  return options.decode(latents);
}

/** Denoises latents, `[batch, channels, height, width]`; the loop inside {@link textToImage}, whose errors it shares. */
export async function sampleLatents(options: SamplingOptions): Promise<Float32Array> {
  const { sampler, signal, onStep } = options;
  const { timesteps, initNoiseSigma } = sampler;
  let previousClean: Float32Array | undefined;
  let latents: Float32Array = options.latents.map((value) => value * initNoiseSigma);
  for (const [index, timestep] of timesteps.entries()) {
    signal?.throwIfAborted();
    const output = await predictGuided(options, sampler.scaleInput(latents, index), timestep);
    const noise = sampler.needsNoise(index) ? options.noise?.(index) : undefined;
    const result = sampler.step(index, { output, sample: latents, noise, previousClean });
    latents = result.latents;
    previousClean = result.clean;
    onStep?.(index + 1, timesteps.length);
  }
  requireFinite(latents);
  return latents;
}

/** Of what is no number, a decoder makes a black picture, which a scorer scores. */
function requireFinite(latents: Float32Array): void {
  const found = latents.find((value) => !Number.isFinite(value));
  if (found === undefined) return;
  throw new SnapEvoError({
    code: 'DIFFUSION_NOT_FINITE',
    message: `Expected latents of finite numbers from the network, found ${found}.`,
    hint: 'The weights of the UNet or the text encoder hold numbers that are not finite, or too large to calculate with: use others.',
  });
}

/** The latents of a batch repeated for each pass: `[passes * batch, channels, height, width]`. */
export function stackPasses(latents: Float32Array, passes: number): Float32Array<ArrayBuffer> {
  const stacked = new Float32Array(latents.length * passes);
  for (let pass = 0; pass < passes; pass++) stacked.set(latents, pass * latents.length);
  return stacked;
}

/** Views of a stacked output, one for each pass; the inverse of {@link stackPasses}. */
export function splitPasses(output: Float32Array, passes: number): readonly Float32Array[] {
  const size = output.length / passes;
  return Array.from({ length: passes }, (_, pass) => output.subarray(pass * size, (pass + 1) * size));
}

async function predictGuided(
  { predict, guidanceScale, guidanceRescale = 0, batch }: SamplingOptions,
  latents: Float32Array,
  timestep: number,
): Promise<Float32Array> {
  const passes = guidanceScale > 1 ? GUIDED : UNGUIDED;
  const outputs = await predict(latents, timestep, passes);
  if (outputs.length !== passes.length) throw badPasses(passes.length, outputs.length);
  for (const output of outputs) requireSameLength({ latents, output });
  const [first, conditional] = outputs as [Float32Array, Float32Array?];
  if (conditional === undefined) return first;
  const guided = guide(first, conditional, guidanceScale);
  return guidanceRescale > 0 ? rescaleGuidance(guided, conditional, batch, guidanceRescale) : guided;
}

function badPasses(expected: number, found: number): SnapEvoError {
  return new SnapEvoError({
    code: 'DIFFUSION_BAD_PASSES',
    message: `Expected ${expected} outputs of the network, one a pass, found ${found}.`,
    fault: 'internal',
  });
}
