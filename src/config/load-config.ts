import { resolve } from 'node:path';
import type { z } from 'zod';
import { readText } from '../files/read-text.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { resolveConfig, type ResolveOptions } from './resolve-config.js';
import { parseYaml } from './yaml-source.js';

/** Of a configuration; ours take 3 kB. The YAML parser's time grows with the square of the keys: here it is at most two seconds. */
const MAX_BYTES = 2 ** 17;

/**
 * Reads a YAML file and resolves it.
 * @param file as the user named it, relative to the current folder; named so in errors
 * @throws SnapEvoError `CONFIG_UNREADABLE`; ConfigError with everything that is wrong in it
 */
export function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
  options: ResolveOptions,
): z.output<Schema> {
  const text = readConfigText(file, resolve(options.currentFolder, file));
  return resolveConfig(schema, parseYaml(text, file), options);
}

function readConfigText(file: string, path: string): string {
  try {
    return readText(path, MAX_BYTES);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SnapEvoError({
      code: 'CONFIG_UNREADABLE',
      message: `expected a configuration file, found none that can be read: ${reason}`,
      where: file,
      hint: 'Name a YAML file, such as configs/emoji.yaml.',
      cause,
    });
  }
}
