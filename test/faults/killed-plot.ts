import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { spawnCli } from '../cli/built-cli.js';
import type { TinyProject } from '../cli/tiny-project.js';

/** Of a PNG, which ends with this chunk. */
const END = Buffer.from('IEND');

/**
 * Kills a program that plots a run.
 * @returns whether it hit before the plot was there, and whether there is half a plot or a damaged store
 */
export async function killPlot(
  project: TinyProject,
  { results, runId }: { readonly results: string; readonly runId: string },
  random: RandomGenerator,
): Promise<{ readonly hit: boolean; readonly lost: boolean }> {
  const out = join(project.folder, 'killed.png');
  rmSync(out, { force: true });
  const args = ['plot', runId, '--results', results, '--out', out];
  const { process: child, finished } = spawnCli(args, project.folder);
  await setTimeout(uniformInt(random, 0, 2500));
  child.kill('SIGKILL');
  const { signal } = await finished;
  const isHalf = existsSync(out) && readFileSync(out).indexOf(END) === -1;
  const problems = project.withStore(results, (store) => store.check());
  return { hit: signal !== null, lost: isHalf || problems.length > 0 };
}
