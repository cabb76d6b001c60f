import { z } from 'zod';
import { describeFound } from '../errors/describe-found.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { checkShape } from '../files/check-shape.js';
import { parseJson } from '../files/parse-json.js';

/** What a reader of a `config.json` knows beside its schema. */
export interface ConfigRules {
  /** Class of the model, for messages. */
  readonly model: string;
  /** Fields that name the class, and the names that mean this one; absent ones are taken for it. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Fields that don't change what the network computes when it runs. */
  readonly ignored: ReadonlySet<string>;
  /** What to do about a field that is refused. */
  readonly hints: Readonly<Record<string, string>>;
}

const maxProblemsShown = 8;

/** Limits far above any model in use keep a hostile file from asking for gigabytes. */
export const maxLevels = 6;
export const size = z.int().min(1).max(16_384);
export const count = z.int().min(1).max(100);
export const positive = z.number().gt(0).lt(1e6);

/** Dropout acts in training alone, which is done without it here: a model that was made for it has to be told. */
export const noDropout = z.literal(0).nullish();
export const dropoutHint =
  'training is done without dropout, and nothing else uses it: set it to 0, which leaves what the model computes as it is';

/**
 * Parses the text of a model's `config.json` by a strict schema.
 * @param where the file, for messages
 * @throws SnapEvoError `MODEL_CONFIG_NOT_JSON` or `MODEL_CONFIG_UNSUPPORTED`, naming every field at fault
 */
export function parseConfig<T>(schema: z.ZodType<T>, text: string, where: string, rules: ConfigRules): T {
  return parseConfigObject(schema, parseJsonObject(text, where, rules.model), where, rules);
}

/** As {@link parseConfig}, of what is parsed already. */
export function parseConfigObject<T>(
  schema: z.ZodType<T>,
  file: object,
  where: string,
  rules: ConfigRules,
): T {
  checkNames(file, where, rules);
  const relevant = Object.entries(file).filter(([name]) => !name.startsWith('_') && !rules.ignored.has(name));
  const parsed = checkShape(schema, Object.fromEntries(relevant));
  if (parsed.success) return parsed.data;
  throw unsupported(parsed.error.issues, where, rules);
}

/** Another class may well have the same fields, and mean something else by them. */
function checkNames(file: object, where: string, { model, names }: ConfigRules): void {
  for (const [field, own] of Object.entries(names)) {
    const named = (file as Readonly<Record<string, unknown>>)[field];
    if (named === undefined || named === null || own.some((name) => name === named)) continue;
    throw new SnapEvoError({
      code: 'MODEL_CONFIG_UNSUPPORTED',
      message: `unsupported ${model}: expected ${field} to be ${own.map((name) => `"${name}"`).join(' or ')}, found ${describeFound(named)}`,
      where,
      hint: `choose a pipeline whose part is a ${model}; where the file is wrong, correct the field`,
    });
  }
}

/** @throws SnapEvoError `MODEL_CONFIG_NOT_JSON` */
export function parseJsonObject(text: string, where: string, model: string): object {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw notJson(where, model, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notJson(where, model);
  return value;
}

function notJson(where: string, model: string, cause?: unknown): SnapEvoError {
  return new SnapEvoError({
    code: 'MODEL_CONFIG_NOT_JSON',
    message: `expected a JSON object holding the configuration of a ${model}${cause instanceof Error ? `: ${cause.message}` : ''}`,
    where,
    hint: 'save the model again with save_pretrained, or point to its config.json',
    cause,
  });
}

function unsupported(issues: readonly z.core.$ZodIssue[], where: string, rules: ConfigRules): SnapEvoError {
  const problems = issues.flatMap(describeIssue);
  const rest = problems.length - maxProblemsShown;
  const shown = problems.slice(0, maxProblemsShown).join('; ');
  const fields = new Set(issues.map((issue) => String(issue.path[0])));
  const hints = [...fields].flatMap((field) => {
    const hint = Object.hasOwn(rules.hints, field) ? rules.hints[field] : undefined;
    return hint === undefined ? [] : [hint];
  });
  return new SnapEvoError({
    code: 'MODEL_CONFIG_UNSUPPORTED',
    message: `unsupported ${rules.model}: ${rest > 0 ? `${shown}; and ${rest} more` : shown}`,
    where,
    hint: hints.length > 0 ? hints.join('; ') : 'correct the named fields, or choose a model without them',
  });
}

function describeIssue(issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `unknown field ${describeFound(key)}`);
  }
  return [`${issue.path.join('.')}: ${issue.message}`];
}
