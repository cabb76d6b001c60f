import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { checkShape } from '../files/check-shape.js';
import { ConfigError, MAX_PROBLEMS, type ConfigProblem } from './config-error.js';
import { describeIssue } from './describe-issue.js';
import { mapPaths } from './map-paths.js';
import { applyOverrides, parseOverrides, type Override } from './override.js';
import type { YamlSource } from './yaml-source.js';

/** What besides the file decides a config. */
export interface ResolveOptions {
  /** `key.path=value` settings from the command line; they win over the file. */
  readonly settings?: readonly string[];
  /** Absolute. */
  readonly currentFolder: string;
}

/**
 * A config with every default in its place, checked and deeply frozen. A path is relative to where it is written: in
 * the file, to the file's folder; on the command line, and where it is a default, to the current folder. All come out absolute.
 * @throws ConfigError with everything that is wrong, each with its place
 */
export function resolveConfig<Schema extends z.ZodType>(
  schema: Schema,
  source: YamlSource,
  options: ResolveOptions,
): z.output<Schema> {
  const overrides = parseOverrides(options.settings ?? []);
  const data = applyOverrides(source.value, overrides);
  const parsed = checkShape(schema, data);
  if (!parsed.success) {
    const context = { schema, source, overrides, data };
    throw new ConfigError(
      source.file,
      withoutRepeats(
        parsed.error.issues.slice(0, MAX_PROBLEMS + 1).flatMap((issue) => describeIssue(issue, context)),
      ),
    );
  }
  return resolvePaths(schema, parsed.data, source, overrides, options.currentFolder);
}

/** A value may break two rules in the same words. */
function withoutRepeats(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function resolvePaths<Config>(
  schema: z.ZodType,
  config: Config,
  source: YamlSource,
  overrides: readonly Override[],
  currentFolder: string,
): Config {
  const fileFolder = dirname(resolve(currentFolder, source.file));
  return mapPaths(schema, config, (text, path) => {
    const isInFile = source.locateKey(path) !== undefined && !isOverridden(path, overrides);
    return resolve(isInFile ? fileFolder : currentFolder, text);
  });
}

function isOverridden(path: readonly string[], overrides: readonly Override[]): boolean {
  return overrides.some((override) => override.path.every((part, index) => part === path[index]));
}
