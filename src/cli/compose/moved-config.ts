import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { z } from 'zod';
import { mapPaths } from '../../config/map-paths.js';
import type { RunRecord } from '../../store/run-record.js';
import { escapeControls } from '../terminal/escape-controls.js';
import type { Terminal } from '../terminal/terminal.js';
import { storedConfig } from './stored-config.js';

/**
 * The config that a run was started with, where its results folder lies now. Where that was moved, what is no longer where the config has it may have
 * moved along: it is looked for where it lies as seen from the results folder. Inputs that the run has hashes of are held against those afterwards, so that
 * nothing else is taken for them; it has none of what a pretraining starts from.
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
  const moved: string[] = [];
  const config = mapPaths(schema, stored, (path, keys) => {
    if (keys[0] === 'results') return results;
    const found = whereNow(path, stored.results, results, keys[0] === 'out');
    if (found !== path) moved.push(`${keys.join('.')} is now ${found}`);
    return found;
  });
  if (moved.length > 0)
    terminal.note(`Moved since the run was started: ${escapeControls(moved.join(', '))}.`);
  return config;
}

/** What is yet to be written moves with the folder that it had in common with the results, once that is gone. */
function whereNow(path: string, formerResults: string, results: string, isOutput: boolean): string {
  if (results === formerResults || existsSync(path)) return path;
  const shared = sharedFolder(path, formerResults);
  if (shared === dirname(shared)) return path;
  const candidate = resolve(results, relative(formerResults, path));
  return (isOutput ? !existsSync(shared) : existsSync(candidate)) ? candidate : path;
}

/** The innermost folder that both lie in, or are. */
function sharedFolder(one: string, other: string): string {
  let folder = other;
  while (relative(folder, one).startsWith('..')) folder = dirname(folder);
  return folder;
}
