/**
 * One sampling algorithm set up for one model and one number of steps. Immutable: the same arguments always give
 * the same latents, and no call changes what another returns. All arrays are `[batch, channels, height, width]`.
 */
export interface Sampler {
  /** The training timestep of each step, from the noisiest down. */
  readonly timesteps: readonly number[];
  /** Standard deviation of the latents to start from. */
  readonly initNoiseSigma: number;
  /** Whether step `index` adds noise, which {@link step} then needs. */
  needsNoise(index: number): boolean;
  /** What the network is to be shown at step `index`; may be `sample` itself. */
  scaleInput(sample: Float32Array, index: number): Float32Array;
  /**
   * The latents after step `index`, in a new array.
   *
   * @param modelOutput the network's output at `timesteps[index]`
   * @param sample the latents before the step
   * @param noise standard normal; read only where `needsNoise(index)`
   * @throws SnapEvoError `DIFFUSION_BAD_STEP`, `DIFFUSION_BAD_SHAPE` or `DIFFUSION_NO_NOISE`
   */
  step(modelOutput: Float32Array, index: number, sample: Float32Array, noise?: Float32Array): Float32Array;
}
