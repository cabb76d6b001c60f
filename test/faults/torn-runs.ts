import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { z } from 'zod';
import { runBuiltCli, spawnCli } from '../cli/built-cli.js';
import type { TinyProject } from '../cli/tiny-project.js';
import { isLost, tearFile } from './tears.js';

/** Where an interrupted run's files are. */
interface RunFiles {
  readonly log: string;
  readonly database: string;
  readonly checkpoints: string;
  readonly lock: string;
}

const checkpointOf = ({ checkpoints }: RunFiles): string =>
  join(checkpoints, readdirSync(checkpoints).find(isReference) ?? '');

/** What is done to an interrupted run before it is resumed. */
export const runTears = {
  'log cut short': ({ log }: RunFiles, random: RandomGenerator): void => {
    tearFile(log, 'cut short', random);
  },
  'bit of the log flipped': ({ log }: RunFiles, random: RandomGenerator): void => {
    tearFile(log, 'bit flipped', random);
  },
  'bit of the database flipped': ({ database }: RunFiles, random: RandomGenerator): void => {
    tearFile(database, 'bit flipped', random);
  },
  'checkpoint cut short': (files: RunFiles, random: RandomGenerator): void => {
    tearFile(checkpointOf(files), 'cut short', random);
  },
  'bit of the checkpoint flipped': (files: RunFiles, random: RandomGenerator): void => {
    tearFile(checkpointOf(files), 'bit flipped', random);
  },
  'checkpoint gone': (files: RunFiles): void => {
    rmSync(checkpointOf(files));
  },
  'half a checkpoint left over': ({ checkpoints }: RunFiles): void => {
    writeFileSync(join(checkpoints, 'unnamed.safetensors'), Buffer.alloc(1000, 7));
  },
  'lock left over': ({ lock }: RunFiles): void => {
    if (!existsSync(lock)) writeFileSync(lock, '');
    writeFileSync(`${lock}-journal`, '');
  },
  'lock overwritten': ({ lock }: RunFiles): void => {
    writeFileSync(lock, 'another program was here\n'.repeat(200));
  },
} as const;
export type RunTear = keyof typeof runTears;

/** `resumed` to the same decisions, `refused` by an error that names the file and the way out, or lost. */
export type RunTearOutcome = 'resumed' | 'refused' | 'unclear error' | 'wrong';

/** An interrupted run, its files as a kill left them, and what it has to come to. */
export interface InterruptedRun {
  readonly results: string;
  readonly runId: string;
  readonly decisions: unknown;
}

/**
 * Starts a search and kills it as its second round's training begins, so that log, checkpoint and decisions are all there.
 * @param copy results folder to look at it in: who opens a database puts its log into it
 */
export async function interruptSearch(
  project: TinyProject,
  { results, copy, seed }: { readonly results: string; readonly copy: string; readonly seed: number },
): Promise<string> {
  const settings = [`results=${results}`, `seed=${seed}`].flatMap((setting) => ['--set', setting]);
  const {
    process: child,
    finished,
    noted,
  } = spawnCli(['search', 'search.yaml', ...settings], project.folder);
  await noted(/round 2, robust training: 0/);
  child.kill('SIGKILL');
  await finished;
  cpSync(join(project.folder, results), join(project.folder, copy), { recursive: true });
  return project.searchesIn(copy)[0] ?? '';
}

/** Tears a copy of the run, and resumes it. The copy is kept where something was lost. */
export async function tearRun(
  project: TinyProject,
  run: InterruptedRun,
  { tear, copy, random }: { readonly tear: RunTear; readonly copy: string; readonly random: RandomGenerator },
): Promise<RunTearOutcome> {
  const folder = join(project.folder, copy);
  cpSync(join(project.folder, run.results), folder, { recursive: true });
  tearFiles(folder, run.runId, tear, random);
  const outcome = await resumed(project, copy, run);
  if (!isLost(outcome)) rmSync(folder, { recursive: true });
  return outcome;
}

function tearFiles(folder: string, runId: string, tear: RunTear, random: RandomGenerator): void {
  const files = {
    ...{ log: join(folder, 'snapevo.db-wal'), database: join(folder, 'snapevo.db') },
    ...{ checkpoints: join(folder, runId, 'checkpoints'), lock: join(folder, runId, 'run.lock') },
  };
  runTears[tear](files, random);
}

async function resumed(
  project: TinyProject,
  copy: string,
  { runId, decisions }: InterruptedRun,
): Promise<RunTearOutcome> {
  const { status, notes } = await runBuiltCli(['resume', runId, '--results', copy, '--json'], project.folder);
  if (status === 0)
    return isDeepStrictEqual(project.decisionsOf(copy, runId), decisions) ? 'resumed' : 'wrong';
  return namesFile(notes, copy) ? 'refused' : 'unclear error';
}

/** Named by its SHA-256. */
function isReference(name: string): boolean {
  return /^[0-9a-f]{64}\.safetensors$/.test(name);
}

const errorLine = z.object({
  error: z.object({ code: z.string(), where: z.string(), hint: z.string() }),
});

/** Whether notes end with an error that names a file of the folder, and says what to do. */
function namesFile(notes: string, results: string): boolean {
  const last = notes.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) return false;
  const { data } = errorLine.safeParse(JSON.parse(last));
  return data !== undefined && data.error.where.includes(results) && data.error.code !== 'INTERNAL';
}
