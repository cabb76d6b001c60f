import { z } from 'zod';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { FOREIGN_SCHEDULER_FIELDS } from './foreign-scheduler-fields.js';

/** What the network's output means. */
export type PredictionType = 'epsilon' | 'v_prediction' | 'sample';
/** How inference timesteps are laid over the training ones (table 2 of arXiv 2305.08891). */
export type TimestepSpacing = 'leading' | 'trailing' | 'linspace';
/** Variance of DDPM's reverse step (section 3.2 of arXiv 2006.11239): beta tilde or beta. */
export type VarianceType = 'fixed_small' | 'fixed_small_log' | 'fixed_large';
/** A sampling algorithm; each has a file of its own. */
export type SamplerKind = 'ddim' | 'ddpm';

/** How the betas of the forward process come about. */
export type BetaSchedule =
  | { readonly kind: 'linear' | 'scaled_linear'; readonly start: number; readonly end: number }
  | { readonly kind: 'squaredcos_cap_v2' }
  | { readonly kind: 'trained'; readonly betas: readonly number[] };

/** A diffusers scheduler, parsed: everything any of our samplers wants to know. */
export interface SchedulerConfig {
  /** The sampler that the file's `_class_name` stands for; any other may be used with the same config. */
  readonly sampler: SamplerKind;
  readonly trainTimesteps: number;
  readonly betaSchedule: BetaSchedule;
  readonly rescaleBetasZeroSnr: boolean;
  readonly predictionType: PredictionType;
  readonly timestepSpacing: TimestepSpacing;
  readonly stepsOffset: number;
  /** The predicted clean latents are clamped to plus or minus this; `undefined` leaves them alone. */
  readonly clipSampleRange: number | undefined;
  /** DDIM: the last step goes to an alpha product of 1, else to that of training timestep 0. */
  readonly setAlphaToOne: boolean;
  /** DDPM only. */
  readonly varianceType: VarianceType;
}

const SAMPLER_OF_CLASS = { DDIMScheduler: 'ddim', DDPMScheduler: 'ddpm' } as const satisfies Record<
  string,
  SamplerKind
>;
const CLASS_NAMES = Object.keys(SAMPLER_OF_CLASS) as [keyof typeof SAMPLER_OF_CLASS];

/** Far above any model in use; keeps a hostile file from asking for gigabytes. */
const MAX_TRAIN_TIMESTEPS = 100_000;
const MAX_PROBLEMS_SHOWN = 8;
const beta = z.number().gt(0).lt(1);

const fileSchema = z
  .strictObject({
    _class_name: z.enum(CLASS_NAMES),
    num_train_timesteps: z.int().min(1).max(MAX_TRAIN_TIMESTEPS).default(1000),
    beta_start: beta.default(0.0001),
    beta_end: beta.default(0.02),
    beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
    trained_betas: z.array(z.number().gt(0).lte(1)).max(MAX_TRAIN_TIMESTEPS).nullish(),
    rescale_betas_zero_snr: z.boolean().default(false),
    prediction_type: z.enum(['epsilon', 'v_prediction', 'sample']).default('epsilon'),
    timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).default('leading'),
    steps_offset: z.int().min(0).max(MAX_TRAIN_TIMESTEPS).default(0),
    clip_sample: z.boolean().default(true),
    clip_sample_range: z.number().gt(0).default(1),
    set_alpha_to_one: z.boolean().default(true),
    variance_type: z.enum(['fixed_small', 'fixed_small_log', 'fixed_large']).default('fixed_small'),
    thresholding: z.literal(false).default(false),
    dynamic_thresholding_ratio: z.number().optional(),
    sample_max_value: z.number().optional(),
  })
  .refine((file) => !file.trained_betas || file.trained_betas.length === file.num_train_timesteps, {
    path: ['trained_betas'],
    message: 'expected as many values as num_train_timesteps',
  })
  .refine((file) => file.steps_offset < file.num_train_timesteps, {
    path: ['steps_offset'],
    message: 'expected less than num_train_timesteps',
  });
type SchedulerFile = z.infer<typeof fileSchema>;

const HINTS: Readonly<Record<string, string>> = {
  _class_name:
    'Schedulers of the diffusers family share their noise schedule: save the pipeline with ' +
    'DDIMScheduler.from_config(pipeline.scheduler.config), or set "_class_name" to "DDIMScheduler".',
  beta_schedule: 'Write the schedule out as "trained_betas", one value a training timestep.',
  thresholding: 'Dynamic thresholding is meant for pixels, not latents: set "thresholding" to false.',
  variance_type:
    'Learned variances need a UNet with doubled output channels, and diffusers computes NaN for "fixed_large_log": use a fixed_small or fixed_large variance.',
  prediction_type: 'Only models trained on noise, velocity or the clean sample can be sampled.',
};

/**
 * Parses the text of a diffusers `scheduler_config.json`. Absent fields take diffusers' defaults; fields
 * that belong to other diffusers schedulers, and those beginning with `_`, have no effect there and none here.
 *
 * @param where the file's name, for messages
 * @throws SnapEvoError `SCHEDULER_NOT_JSON` or `SCHEDULER_UNSUPPORTED`, naming every field at fault
 */
export function parseSchedulerConfig(text: string, where = 'scheduler_config.json'): SchedulerConfig {
  const parsed = fileSchema.safeParse(ownFields(parseJsonObject(text, where)));
  if (!parsed.success) throw unsupported(parsed.error.issues, where);
  return fromFile(parsed.data);
}

function parseJsonObject(text: string, where: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notJson(where, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notJson(where);
  return value;
}

function notJson(where: string, cause?: unknown): SnapEvoError {
  return new SnapEvoError({
    code: 'SCHEDULER_NOT_JSON',
    message: 'Expected a JSON object holding the configuration of a diffusers scheduler.',
    where,
    hint: 'Save the pipeline again with diffusers, or point to its scheduler/scheduler_config.json.',
    cause,
  });
}

function ownFields(file: object): object {
  const entries = Object.entries(file).filter(
    ([name]) => name === '_class_name' || !(name.startsWith('_') || FOREIGN_SCHEDULER_FIELDS.has(name)),
  );
  return Object.fromEntries(entries);
}

function unsupported(issues: readonly z.core.$ZodIssue[], where: string): SnapEvoError {
  const fields = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])],
  );
  const problems = issues.flatMap(describeIssue);
  const shown = problems.slice(0, MAX_PROBLEMS_SHOWN).join('; ');
  const rest = problems.length - MAX_PROBLEMS_SHOWN;
  const hints = [...new Set(fields)].flatMap((field) => (Object.hasOwn(HINTS, field) ? [HINTS[field]] : []));
  return new SnapEvoError({
    code: 'SCHEDULER_UNSUPPORTED',
    message: `Unsupported scheduler: ${rest > 0 ? `${shown}; and ${rest} more` : shown}.`,
    where,
    hint: hints.join(' ') || 'Correct or remove the named fields.',
  });
}

function describeIssue(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `unknown field "${key.slice(0, 80)}"`);
  return [`${issue.path.join('.')}: ${issue.message}`];
}

function fromFile(file: SchedulerFile): SchedulerConfig {
  return Object.freeze({
    sampler: SAMPLER_OF_CLASS[file._class_name],
    trainTimesteps: file.num_train_timesteps,
    betaSchedule: betaScheduleOf(file),
    rescaleBetasZeroSnr: file.rescale_betas_zero_snr,
    predictionType: file.prediction_type,
    timestepSpacing: file.timestep_spacing,
    stepsOffset: file.steps_offset,
    clipSampleRange: file.clip_sample ? file.clip_sample_range : undefined,
    setAlphaToOne: file.set_alpha_to_one,
    varianceType: file.variance_type,
  });
}

function betaScheduleOf(file: SchedulerFile): BetaSchedule {
  if (file.trained_betas) return { kind: 'trained', betas: file.trained_betas };
  if (file.beta_schedule === 'squaredcos_cap_v2') return { kind: file.beta_schedule };
  return { kind: file.beta_schedule, start: file.beta_start, end: file.beta_end };
}
