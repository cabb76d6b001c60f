/**
 * Fields of the other schedulers that diffusers lets one swap for DDIM or DDPM (its `KarrasDiffusionSchedulers`,
 * version 0.42). Published configurations carry them along after such a swap (Stable Diffusion 2.1's DDIM
 * configuration has `skip_prk_steps`), and diffusers ignores them then.
 */
export const FOREIGN_SCHEDULER_FIELDS: ReadonlySet<string> = new Set([
  'algorithm_type',
  'disable_corrector',
  'euler_at_final',
  'final_sigmas_type',
  'flow_shift',
  'interpolation_type',
  'lambda_min_clipped',
  'lower_order_final',
  'predict_x0',
  'rho',
  'shift_terminal',
  'sigma_data',
  'sigma_max',
  'sigma_min',
  'sigma_schedule',
  'skip_prk_steps',
  'solver_order',
  'solver_p',
  'solver_type',
  'time_shift_type',
  'timestep_type',
  'use_beta_sigmas',
  'use_dynamic_shifting',
  'use_exponential_sigmas',
  'use_flow_sigmas',
  'use_karras_sigmas',
  'use_lu_lambdas',
]);
