/** What a step is taken from. All arrays are `[batch, channels, height, width]`. */
export interface StepInput {
  /** The network's output at the step's timestep. */
  readonly output: Float32Array;
  /** The latents before the step. */
  readonly sample: Float32Array;
  /** Standard normal; read only where `needsNoise(index)`. */
  readonly noise?: Float32Array | undefined;
  /** What the step before predicted; read by multistep samplers alone, after their first step. */
  readonly previousClean?: Float32Array | undefined;
}

/** What a step gives, in new arrays. */
export interface StepResult {
  readonly latents: Float32Array;
  /** The clean latents as the network predicts them from here. */
  readonly clean: Float32Array;
}

/**
 * One sampling algorithm set up for one model and one number of steps. Immutable: the same arguments always give
 * the same latents, and no call changes what another returns. All arrays are `[batch, channels, height, width]`.
 */
export interface Sampler {
  /** The training timestep of each step, from the noisiest down; may lie between two. */
  readonly timesteps: readonly number[];
  /** Standard deviation of the latents to start from. */
  readonly initNoiseSigma: number;
  /** Whether step `index` adds noise, which {@link step} then needs. */
  needsNoise(index: number): boolean;
  /** What the network is to be shown at step `index`; may be `sample` itself. */
  scaleInput(sample: Float32Array, index: number): Float32Array;
  /**
   * Takes step `index`.
   *
   * @throws SnapEvoError `DIFFUSION_BAD_STEP`, `DIFFUSION_BAD_SHAPE`, `DIFFUSION_NO_NOISE` or `DIFFUSION_NO_HISTORY`
   */
  step(index: number, input: StepInput): StepResult;
}
