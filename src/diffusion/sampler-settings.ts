/** Variance of DDPM's reverse step (section 3.2 of arXiv 2006.11239): beta tilde or beta. */
export type VarianceType = 'fixed_small' | 'fixed_small_log' | 'fixed_large';

/** What DDIM alone wants to know of a scheduler's file. */
export interface DdimSettings {
  readonly kind: 'ddim';
  /** The predicted clean latents are clamped to plus or minus this; `undefined` leaves them alone. */
  readonly clipSampleRange: number | undefined;
  /** The last step goes to an alpha product of 1, else to that of training timestep 0. */
  readonly setAlphaToOne: boolean;
}

/** What DDPM alone wants to know. */
export interface DdpmSettings {
  readonly kind: 'ddpm';
  readonly clipSampleRange: number | undefined;
  readonly varianceType: VarianceType;
}

/** How noise levels are laid out by the samplers that go by them. */
export interface SigmaSettings {
  /** Spaced after Karras and others (arXiv 2206.00364, equation 5), not as the timesteps are. */
  readonly useKarrasSigmas: boolean;
  /** Ends of the Karras spacing; `undefined` for the schedule's own. */
  readonly sigmaMin: number | undefined;
  readonly sigmaMax: number | undefined;
  /** The last step goes to no noise at all, or to that of training timestep 0. */
  readonly finalSigma: 'zero' | 'sigma_min';
}

/** What Euler's method alone wants to know. */
export interface EulerSettings extends SigmaSettings {
  readonly kind: 'euler';
  /** Noise levels between timesteps, or as many evenly spaced by their logarithm whatever the timesteps. */
  readonly interpolation: 'linear' | 'log_linear';
}

/** What DPM-Solver++ alone wants to know. */
export interface DpmSolverSettings extends SigmaSettings {
  readonly kind: 'dpm-solver++';
  readonly order: 1 | 2;
  readonly solver: 'midpoint' | 'heun';
  /** Of fewer than 15 steps the last is of first order. */
  readonly lowerOrderFinal: boolean;
  /** However many the steps, the last is of first order. */
  readonly eulerAtFinal: boolean;
  /** Timesteps with less than this logarithm of signal over noise are left out. */
  readonly minLogSignalToNoise: number;
}

export type SamplerSettings = DdimSettings | DdpmSettings | EulerSettings | DpmSolverSettings;
