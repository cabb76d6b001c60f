import type { z } from 'zod';
import { pathFields } from './schema-fields.js';

/**
 * A copy of a config, deeply frozen where it is changed, with other texts in the fields that name files and folders.
 * @param change what stands at a path of keys instead of a text
 */
export function mapPaths<Config>(
  schema: z.ZodType,
  config: Config,
  change: (text: string, path: readonly string[]) => string,
): Config {
  return pathFields(schema).reduce<Config>(
    (changed, path) => mapText(changed, path, (text) => change(text, path)) as Config,
    config,
  );
}

/** A copy with the text at a path changed; the value itself where there is no text at the path. */
function mapText(value: unknown, path: readonly string[], change: (text: string) => string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return typeof value === 'string' ? change(value) : value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return value;
  const section = value as Readonly<Record<string, unknown>>;
  return Object.freeze({ ...section, [key]: mapText(section[key], rest, change) });
}
