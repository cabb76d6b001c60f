import type { z } from 'zod';
import { describeFound } from '../errors/describe-found.js';
import type { ConfigPath, YamlSource } from './yaml-source.js';
import { MAX_PROBLEMS, type ConfigProblem } from './config-error.js';
import { nearestWord } from './nearest-word.js';
import type { Override } from './override.js';
import { allPaths, knownKeys } from './schema-fields.js';

/** What a problem's words and place are made from. */
export interface IssueContext {
  readonly schema: z.ZodType;
  readonly source: YamlSource;
  readonly overrides: readonly Override[];
  /** The data that was checked: the file's with the overrides in it. */
  readonly data: unknown;
}

/** One finding of zod as problems of ours: an unknown key is a problem each. */
export function describeIssue(issue: z.core.$ZodIssue, context: IssueContext): readonly ConfigProblem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, MAX_PROBLEMS + 1).map((key) => describeUnknownKey([...path, key], context));
  }
  const found = valueAt(context.data, path);
  return [
    {
      code: found === undefined ? 'CONFIG_MISSING_KEY' : 'CONFIG_VALUE',
      path: joinKeys(path),
      where: locateValue(path, context),
      message: `expected ${issue.message}, found ${describeValue(found)}`,
    },
  ];
}

function describeUnknownKey(path: ConfigPath, context: IssueContext): ConfigProblem {
  const known = knownKeys(context.schema, path.slice(0, -1));
  const suggestion = suggestKey(String(path.at(-1)), path.slice(0, -1), known, context.schema);
  return {
    code: 'CONFIG_UNKNOWN_KEY',
    path: joinKeys(path),
    where: overrideUnder(path, context.overrides)?.flag ?? locateKey(path, context.source),
    message: `unknown key; ${suggestion ?? `expected one of ${known.join(', ')}`}`,
  };
}

/** A key misspelt, or one that belongs elsewhere. */
function suggestKey(
  key: string,
  parent: ConfigPath,
  known: readonly string[],
  schema: z.ZodType,
): string | undefined {
  const near = nearestWord(key, known);
  if (near !== undefined) return `did you mean ${[...parent, near].join('.')}?`;
  const elsewhere = allPaths(schema).filter((path) => path.split('.').at(-1) === key);
  return elsewhere.length === 0 ? undefined : `it belongs at ${elsewhere.join(' or ')}`;
}

const LONGEST_KEY = 60;

function locateValue(path: ConfigPath, { source, overrides }: IssueContext): string {
  const exact = overrides.findLast((override) => isPrefix(override.path, path));
  return exact?.flag ?? source.locate(path);
}

function locateKey(path: ConfigPath, source: YamlSource): string {
  return source.locateKey(path) ?? source.locate(path);
}

/** The override that brought a key: at it, or anywhere beneath. */
function overrideUnder(path: ConfigPath, overrides: readonly Override[]): Override | undefined {
  return overrides.findLast(
    (override) => isPrefix(path.map(String), override.path) || isPrefix(override.path, path),
  );
}

function isPrefix(prefix: readonly string[], path: ConfigPath): boolean {
  return prefix.length <= path.length && prefix.every((part, index) => part === String(path[index]));
}

function valueAt(data: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((node, part) => {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, part)) return undefined;
    return (node as Readonly<Record<string | number, unknown>>)[part];
  }, data);
}

function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return describeSection(Object.keys(value));
  return describeFound(value);
}

function describeSection(keys: readonly string[]): string {
  return keys.length === 0 ? 'an empty section' : `a section with ${keys.slice(0, 8).map(cutKey).join(', ')}`;
}

function joinKeys(path: ConfigPath): string {
  return path.map((key) => cutKey(String(key))).join('.');
}

function cutKey(key: string): string {
  return key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}...` : key;
}
