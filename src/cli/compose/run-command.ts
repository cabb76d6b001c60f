import { relative, resolve } from 'node:path';
import { DEFAULT_RESULTS } from '../options.js';

/** A command about a run as it is to be typed in the folder the user is in: with `--results` where it isn't the usual one. */
export function runCommand(
  command: 'resume' | 'show' | 'plot',
  runId: string,
  results: string,
  currentFolder: string,
): string {
  const given = relative(currentFolder, results);
  const isUsual = results === resolve(currentFolder, DEFAULT_RESULTS);
  const folder = /^[\w./-]+$/.test(given) ? given : JSON.stringify(given === '' ? '.' : given);
  return `npx snapevo ${command} ${runId}${isUsual ? '' : ` --results ${folder}`}`;
}
