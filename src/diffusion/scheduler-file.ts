import { z } from 'zod';
import type { SamplerKind } from './sampler-kind.js';
import type { SamplerSettings, SigmaSettings } from './sampler-settings.js';

/** Far above any model in use; keeps a hostile file from asking for gigabytes. */
const MAX_TRAIN_TIMESTEPS = 100_000;
const beta = z.number().gt(0).lt(1);
const off = z.literal(false).nullish();
const sigma = z.number().gt(0).lt(1e6).nullish();

/** Fields that schedulers of all classes have. */
const shared = {
  num_train_timesteps: z.int().min(1).max(MAX_TRAIN_TIMESTEPS).default(1000),
  beta_start: beta.default(0.0001),
  beta_end: beta.default(0.02),
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
  trained_betas: z.array(z.number().gt(0).lte(1)).max(MAX_TRAIN_TIMESTEPS).nullish(),
  rescale_betas_zero_snr: z.boolean().default(false),
  prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
  timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).optional(),
  steps_offset: z.int().min(0).max(MAX_TRAIN_TIMESTEPS).default(0),
};

const clipping = {
  clip_sample: z.boolean().default(false),
  clip_sample_range: z.number().gt(0).default(1),
};

/** Without thresholding, the numbers beside it have no effect. */
const thresholding = {
  thresholding: off,
  dynamic_thresholding_ratio: z.number().optional(),
  sample_max_value: z.number().optional(),
};

const sigmas = {
  use_karras_sigmas: z.boolean().nullish(),
  use_exponential_sigmas: off,
  use_beta_sigmas: off,
  sigma_min: sigma,
  sigma_max: sigma,
  final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
};

const ddim = z.strictObject({
  ...shared,
  ...clipping,
  ...thresholding,
  set_alpha_to_one: z.boolean().default(true),
});

const ddpm = z.strictObject({
  ...shared,
  ...clipping,
  ...thresholding,
  variance_type: z.enum(['fixed_small', 'fixed_small_log', 'fixed_large']).nullish(),
});

const euler = z.strictObject({
  ...shared,
  ...sigmas,
  interpolation_type: z.enum(['linear', 'log_linear']).default('linear'),
  timestep_type: z.literal('discrete').default('discrete'),
});

const dpmSolver = z.strictObject({
  ...shared,
  ...sigmas,
  ...thresholding,
  solver_order: z.union([z.literal(1), z.literal(2)]).default(2),
  algorithm_type: z.literal('dpmsolver++').default('dpmsolver++'),
  // The names of other solvers' ways, left by a swap, mean the class's own, as in diffusers.
  solver_type: z.enum(['midpoint', 'heun', 'logrho', 'bh1', 'bh2']).default('midpoint'),
  lower_order_final: z.boolean().default(true),
  euler_at_final: z.boolean().default(false),
  use_lu_lambdas: off,
  use_flow_sigmas: off,
  flow_shift: z.number().nullish(),
  use_dynamic_shifting: off,
  time_shift_type: z.string().nullish(),
  lambda_min_clipped: z
    .number()
    .or(z.literal('-Infinity').transform(() => -Infinity))
    .default(-Infinity),
  variance_type: z.enum(['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log']).nullish(),
});

/** What each sampler reads of a scheduler's file, and refuses in it. */
export const samplerFields: Readonly<Record<SamplerKind, z.ZodObject>> = {
  ddim,
  ddpm,
  euler,
  'dpm-solver++': dpmSolver,
};

const sharedSchema = z.object(shared);
export type SharedFields = z.infer<typeof sharedSchema>;

/** The part that all samplers read, of fields that {@link samplerFields} let pass. */
export function readSharedFields(fields: object): SharedFields {
  return sharedSchema.parse(fields);
}

/** The part that one sampler alone reads, of fields that {@link samplerFields} let pass. */
export function readSamplerSettings(kind: SamplerKind, fields: object): SamplerSettings {
  switch (kind) {
    case 'ddim': {
      const file = ddim.parse(fields);
      return { kind, clipSampleRange: clipRangeOf(file), setAlphaToOne: file.set_alpha_to_one };
    }
    case 'ddpm': {
      const file = ddpm.parse(fields);
      return { kind, clipSampleRange: clipRangeOf(file), varianceType: file.variance_type ?? 'fixed_small' };
    }
    case 'euler': {
      const file = euler.parse(fields);
      return { kind, ...sigmaSettings(file), interpolation: file.interpolation_type };
    }
    case 'dpm-solver++': {
      const file = dpmSolver.parse(fields);
      return {
        kind,
        ...sigmaSettings(file),
        order: file.solver_order,
        solver: file.solver_type === 'heun' ? 'heun' : 'midpoint',
        lowerOrderFinal: file.lower_order_final,
        eulerAtFinal: file.euler_at_final,
        minLogSignalToNoise: file.lambda_min_clipped,
      };
    }
  }
}

function clipRangeOf(file: {
  readonly clip_sample: boolean;
  readonly clip_sample_range: number;
}): number | undefined {
  return file.clip_sample ? file.clip_sample_range : undefined;
}

function sigmaSettings(file: z.infer<z.ZodObject<typeof sigmas>>): SigmaSettings {
  return {
    useKarrasSigmas: file.use_karras_sigmas ?? false,
    sigmaMin: file.sigma_min ?? undefined,
    sigmaMax: file.sigma_max ?? undefined,
    finalSigma: file.final_sigmas_type,
  };
}
