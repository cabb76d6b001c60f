import { z } from 'zod';
import { describeFound } from '../errors/describe-found.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { checkShape } from '../files/check-shape.js';
import { parseJson } from '../files/parse-json.js';
import { readDistilledSteps } from './distilled-steps.js';
import { FOREIGN_SCHEDULER_FIELDS } from './foreign-scheduler-fields.js';
import { samplerOfClass, type SamplerKind, type SchedulerClass } from './sampler-kind.js';
import type { SamplerSettings } from './sampler-settings.js';
import { readSamplerSettings, readSharedFields, samplerFields, type SharedFields } from './scheduler-file.js';

/** What the network's output means. */
export type PredictionType = 'epsilon' | 'v_prediction' | 'sample';
/** How inference timesteps are laid over the training ones (table 2 of arXiv 2305.08891). */
export type TimestepSpacing = 'leading' | 'trailing' | 'linspace';

/** How the betas of the forward process come about. */
export type BetaSchedule =
  | { readonly kind: 'linear' | 'scaled_linear'; readonly start: number; readonly end: number }
  | { readonly kind: 'squaredcos_cap_v2' }
  | { readonly kind: 'trained'; readonly betas: readonly number[] };

/** A diffusers scheduler, parsed: everything a sampler wants to know. */
export interface SchedulerConfig {
  /** What is sampled with, and what it alone wants to know. */
  readonly sampler: SamplerSettings;
  /** The file's class, where {@link sampler} stands in for it because we don't have its own. */
  readonly standsInFor: SchedulerClass | undefined;
  readonly trainTimesteps: number;
  readonly betaSchedule: BetaSchedule;
  readonly rescaleBetasZeroSnr: boolean;
  readonly predictionType: PredictionType;
  readonly timestepSpacing: TimestepSpacing;
  readonly stepsOffset: number;
  /** Sampling steps that the UNet beside the file was distilled to, if it was; see `distilled-scheduler.ts`. */
  readonly distilledSteps: number | undefined;
}

const CLASS_NAMES = Object.keys(samplerOfClass) as [SchedulerClass];
const MAX_PROBLEMS_SHOWN = 8;

/** What diffusers' classes take for an absent field. */
const DEFAULT_SPACING: Readonly<Record<SamplerKind, TimestepSpacing>> = {
  ddim: 'leading',
  ddpm: 'leading',
  euler: 'linspace',
  'dpm-solver++': 'linspace',
};

const classSchema = z.object({ _class_name: z.enum(CLASS_NAMES) });

const OTHER_SIGMAS =
  'Noise levels are spaced as the timesteps are, or with "use_karras_sigmas": set the field to false, or choose another sampler.';
const fromConfig = 'with DDIMScheduler.from_config(pipeline.scheduler.config)';
const HINTS: Readonly<Record<string, string>> = {
  _class_name: `Schedulers of the diffusers family share their noise schedule: save the pipeline ${fromConfig}, or set "_class_name" to "DDIMScheduler".`,
  beta_schedule: 'Write the schedule out as "trained_betas", one value a training timestep.',
  thresholding: 'Dynamic thresholding is meant for pixels, not latents: set "thresholding" to false.',
  variance_type:
    'Learned variances need a UNet with doubled output channels, and diffusers computes NaN for "fixed_large_log": use a fixed_small or fixed_large variance.',
  prediction_type: 'Only models trained on noise, velocity or the clean sample can be sampled.',
  use_exponential_sigmas: OTHER_SIGMAS,
  use_beta_sigmas: OTHER_SIGMAS,
  use_lu_lambdas: OTHER_SIGMAS,
  use_flow_sigmas:
    'Flow-matching models are of another family: set "use_flow_sigmas" to false for a diffusion model.',
  use_dynamic_shifting: 'Shifting is for flow-matching models: set "use_dynamic_shifting" to false.',
  timestep_type: 'Set "timestep_type" to "discrete", or choose another sampler.',
  solver_order: 'Set "solver_order" to 2, or choose another sampler.',
  algorithm_type: 'Set "algorithm_type" to "dpmsolver++", or choose another sampler.',
};

/**
 * Parses the text of a diffusers `scheduler_config.json` for a sampler, as that sampler's class does with `from_config`: absent fields take its defaults, and
 * fields of other diffusers schedulers, like those beginning with `_`, have no effect. One thing differs: clean latents are clamped only
 * where the file's own class does so.
 *
 * @param where the file's name, for messages
 * @param sampler the one to be used; the class's own, or what stands in for it, unless told otherwise
 * @throws SnapEvoError `SCHEDULER_NOT_JSON` or `SCHEDULER_UNSUPPORTED`, naming every field at fault
 */
export function parseSchedulerConfig(
  text: string,
  where = 'scheduler_config.json',
  sampler?: SamplerKind,
): SchedulerConfig {
  const file = parseJsonObject(text, where);
  const className = classSchema.safeParse(file);
  const kind = sampler ?? (className.success ? samplerOfClass[className.data._class_name].kind : 'ddim');
  const fields = fieldsOf(kind, { ...defaultClipping(file), ...file });
  const parsed = checkShape(samplerFields[kind].superRefine(checkLengths), fields);
  const issues = [className, parsed].flatMap((result) => result.error?.issues ?? []);
  if (!className.success || !parsed.success) throw unsupported(issues, where);
  const { _class_name: named } = className.data;
  const standsIn = sampler === undefined && samplerOfClass[named].standsIn;
  return Object.freeze({
    ...fromFile(readSharedFields(fields), readSamplerSettings(kind, fields)),
    standsInFor: standsIn ? named : undefined,
    distilledSteps: readDistilledSteps(file),
  });
}

function parseJsonObject(text: string, where: string): object {
  let value: unknown;
  try {
    value = parseJson(quoteInfinity(text));
  } catch (cause) {
    throw notJson(where, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notJson(where);
  return value;
}

/** Python writes DPM-Solver's usual value as `-Infinity`, which JSON doesn't have. */
function quoteInfinity(text: string): string {
  return text.replace(/("lambda_min_clipped"\s*:\s*)-Infinity/, '$1"-Infinity"');
}

function notJson(where: string, cause?: unknown): SnapEvoError {
  return new SnapEvoError({
    code: 'SCHEDULER_NOT_JSON',
    message: `Expected a JSON object holding the configuration of a diffusers scheduler${cause instanceof Error ? `: ${cause.message}` : ''}.`,
    where,
    hint: 'Save the pipeline again with diffusers, or point to its scheduler/scheduler_config.json.',
    cause,
  });
}

/** Fields that the sampler's class has, and those that no class has. */
function fieldsOf(kind: SamplerKind, file: object): object {
  const own = samplerFields[kind].shape;
  return Object.fromEntries(
    Object.entries(file).filter(
      ([name]) => !name.startsWith('_') && (Object.hasOwn(own, name) || !isKnown(name)),
    ),
  );
}

function isKnown(name: string): boolean {
  const owned = Object.values(samplerFields).some(({ shape }) => Object.hasOwn(shape, name));
  return owned || FOREIGN_SCHEDULER_FIELDS.has(name);
}

/** DDIM's and DDPM's classes clamp unless told not to, which no latents are meant for; a file of another class means no clamping. */
function defaultClipping(file: object): object {
  const name: unknown = '_class_name' in file ? file._class_name : undefined;
  return name === 'DDIMScheduler' || name === 'DDPMScheduler' ? { clip_sample: true } : {};
}

function checkLengths(file: Record<string, unknown>, context: z.RefinementCtx): void {
  const { num_train_timesteps: total, trained_betas: betas, steps_offset: offset } = file as SharedFields;
  const refuse = (field: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [field], message });
  };
  if (betas && betas.length !== total)
    refuse('trained_betas', 'expected as many values as num_train_timesteps');
  if (offset >= total) refuse('steps_offset', 'expected less than num_train_timesteps');
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
    return issue.keys.map((key) => `unknown field ${describeFound(key)}`);
  return [`${issue.path.join('.')}: ${issue.message}`];
}

function fromFile(
  file: SharedFields,
  sampler: SamplerSettings,
): Omit<SchedulerConfig, 'standsInFor' | 'distilledSteps'> {
  return {
    sampler: Object.freeze(sampler),
    trainTimesteps: file.num_train_timesteps,
    betaSchedule: betaScheduleOf(file),
    rescaleBetasZeroSnr: file.rescale_betas_zero_snr,
    predictionType: file.prediction_type,
    timestepSpacing: file.timestep_spacing ?? DEFAULT_SPACING[sampler.kind],
    stepsOffset: file.steps_offset,
  };
}

function betaScheduleOf(file: SharedFields): BetaSchedule {
  if (file.trained_betas) return { kind: 'trained', betas: file.trained_betas };
  if (file.beta_schedule === 'squaredcos_cap_v2') return { kind: file.beta_schedule };
  return { kind: file.beta_schedule, start: file.beta_start, end: file.beta_end };
}
