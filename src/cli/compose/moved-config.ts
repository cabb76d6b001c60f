import { existsSync, realpathSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { z } from 'zod';
import { mapPaths } from '../../config/map-paths.js';
import type { RunRecord } from '../../store/run-record.js';
import { escapeControls } from '../terminal/escape-controls.js';
import type { Terminal } from '../terminal/terminal.js';
import { storedConfig } from './stored-config.js';

/**
 * The config that a run was started with, where its results folder lies now. Where that is another place, the project was moved or copied: what it reads is taken
 * from where it lies as seen from the results folder, so that a copy doesn't read the original's; and from its stored path where there is no such thing. Inputs that the run has hashes
 * of are held against those afterwards, so that nothing else is taken for them; it has none of what a pretraining starts from.
 * @param results the results folder as it is now
 * @param terminal is told which paths are other ones
 * @throws as {@link storedConfig} does
 */
export function movedConfig<Schema extends z.ZodType<{ readonly results: string }>>(
  schema: Schema,
  run: RunRecord,
  results: string,
  terminal: Pick<Terminal, 'note'>,
): z.output<Schema> {
  const stored = storedConfig(schema, run);
  const former = stored.results;
  if (isSameFolder(former, results)) return inPlace(schema, stored, results);
  const moved: string[] = [];
  const told = (path: string, keys: readonly string[], now: string): string => {
    if (now !== path) moved.push(`${keys.join('.')} is now ${now}`);
    return now;
  };
  const reading = mapPaths(schema, stored, (path, keys) => {
    if (keys[0] === 'results') return results;
    return isOutput(keys) ? path : told(path, keys, inputNow(path, former, results));
  });
  const isElsewhere = moved.length > 0 || existsSync(former);
  const config = mapPaths(schema, reading, (path, keys) =>
    isOutput(keys) ? told(path, keys, outputNow(path, former, results, isElsewhere)) : path,
  );
  if (moved.length > 0)
    terminal.note(
      `The results lie elsewhere than when the run was started, and so does what is beside them: ${escapeControls(moved.join(', '))}.`,
    );
  return config;
}

const isOutput = ([section]: readonly string[]): boolean => section === 'out';

/** By another name it may still be the same one. */
function isSameFolder(former: string, results: string): boolean {
  if (former === results) return true;
  return existsSync(former) && existsSync(results) && realpathSync(former) === realpathSync(results);
}

function inPlace<Config>(schema: z.ZodType, config: Config, results: string): Config {
  return mapPaths(schema, config, (path, [section]) => (section === 'results' ? results : path));
}

function inputNow(path: string, former: string, results: string): string {
  const beside = besideNow(path, former, results);
  return beside !== undefined && existsSync(beside) ? beside : path;
}

/**
 * What is yet to be written goes where the project is.
 * @param isElsewhere whether what it reads is there, or the former results still are where they were, which are another project's now
 */
function outputNow(path: string, former: string, results: string, isElsewhere: boolean): string {
  const hasProject = isElsewhere || !existsSync(sharedFolder(path, former));
  return (hasProject ? besideNow(path, former, results) : undefined) ?? path;
}

/** Where it lies as seen from the results folder; undefined of what has nothing in common with that. */
function besideNow(path: string, former: string, results: string): string | undefined {
  const shared = sharedFolder(path, former);
  return shared === dirname(shared) ? undefined : resolve(results, relative(former, path));
}

/** The innermost folder that both lie in, or are. */
function sharedFolder(one: string, other: string): string {
  let folder = other;
  while (relative(folder, one).startsWith('..')) folder = dirname(folder);
  return folder;
}
