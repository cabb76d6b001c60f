import { parseDocument } from 'yaml';
import { describeFound } from '../errors/describe-found.js';
import { requireShallow } from './yaml-depth.js';
import { ConfigError, type ConfigProblem } from './config-error.js';

/** A setting from the command line, `--set search.patience=3`. */
export interface Override {
  /** As the user wrote it, flag included, for messages. */
  readonly flag: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Keys may begin with one underscore, as diffusers' do, but not with two: that is JavaScript's. */
const ASSIGNMENT = /^(_?[A-Za-z0-9][\w-]*(?:\._?[A-Za-z0-9][\w-]*)*)=(.*)$/s;
const MAX_ALIASES = 10;

/**
 * Reads `key.path=value` settings; a value is YAML, so `{ms: 80}`, `[1, 2]`, `true` and `1e-3` mean what they say.
 * @throws ConfigError naming every setting that can't be read
 */
export function parseOverrides(settings: readonly string[]): readonly Override[] {
  const parsed = settings.map(parseOverride);
  const problems = parsed.filter((one): one is ConfigProblem => 'code' in one);
  if (problems.length > 0) throw new ConfigError('command line', problems);
  return parsed.filter((one): one is Override => 'flag' in one);
}

function parseOverride(setting: string): Override | ConfigProblem {
  const flag = `--set ${setting}`;
  const [, path, value] = ASSIGNMENT.exec(setting) ?? [];
  if (path === undefined || value === undefined) {
    return problem(flag, 'expected key.path=value, such as search.maxRounds=4');
  }
  try {
    return { flag, path: path.split('.'), value: parseValue(value) };
  } catch (error) {
    const reason =
      error instanceof Error ? (error.message.split('\n')[0] ?? '').replace(/:$/, '') : String(error);
    return problem(flag, `expected a YAML value after "=", found an error in it: ${reason}`);
  }
}

function parseValue(yaml: string): unknown {
  requireShallow(yaml);
  const document = parseDocument(yaml, { stringKeys: true });
  const [flaw] = [...document.errors, ...document.warnings];
  if (flaw !== undefined) throw flaw;
  return document.toJS({ maxAliasCount: MAX_ALIASES });
}

/**
 * A config's plain data with the overrides in it, the later over the earlier. The data itself is not changed.
 * @throws ConfigError naming every override that leads through something that is no section
 */
export function applyOverrides(data: unknown, overrides: readonly Override[]): unknown {
  const result: unknown = data === null ? {} : structuredClone(data);
  const problems = overrides.flatMap((override) => setValue(result, override) ?? []);
  if (problems.length > 0) throw new ConfigError('command line', problems);
  return result;
}

function setValue(root: unknown, { flag, path, value }: Override): ConfigProblem | undefined {
  let node = root;
  for (const [index, key] of path.entries()) {
    if (!isSection(node)) {
      const at = path.slice(0, index).join('.');
      return problem(flag, `expected "${at}" to be a section, found ${describeFound(node)}`, path.join('.'));
    }
    if (index === path.length - 1) node[key] = structuredClone(value);
    else if (!Object.hasOwn(node, key) || node[key] === null) node[key] = {};
    node = node[key];
  }
  return undefined;
}

function isSection(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null;
}

function problem(where: string, message: string, path = ''): ConfigProblem {
  return { code: 'CONFIG_OVERRIDE', path, where, message };
}
