import Database from 'better-sqlite3';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { spawnCli, type Finished } from '../cli/built-cli.js';
import type { TinyProject } from '../cli/tiny-project.js';
import { drawMoment, momentIn, type KillMoment } from './kill-moments.js';

/** A kill that hit: when, and what the search was at by the state that it had stored. */
export interface Kill {
  readonly moment: KillMoment;
  readonly phase: string;
}

export interface KilledSearch {
  readonly runId: string;
  readonly kills: readonly Kill[];
}

/** A tiny search takes less, from start to end, on a machine that does nothing else. */
const LONGEST_MS = 12_000;

/**
 * Starts a search, and kills and resumes it until it has been killed so often, or ends; then sees it to its end.
 * @param results folder below the project's, that is not there yet
 * @throws Error where it ends otherwise than by being killed or being done
 */
export async function killSearch(
  project: TinyProject,
  results: string,
  options: {
    readonly seed: number;
    readonly kills: number;
    readonly random: RandomGenerator;
    /** Any moment of a search where it isn't given. */
    readonly draw?: (random: RandomGenerator) => KillMoment;
  },
): Promise<KilledSearch> {
  const draw = options.draw ?? ((random): KillMoment => drawMoment(random, LONGEST_MS));
  mkdirSync(join(project.folder, results));
  const settings = [`results=${results}`, `seed=${options.seed}`].flatMap((setting) => ['--set', setting]);
  const next = (): readonly string[] =>
    hasSearch(project, results) ? ['resume', '--results', results] : ['search', 'search.yaml', ...settings];
  const kills: Kill[] = [];
  for (let attempt = 0; attempt < options.kills; attempt++) {
    const moment = draw(options.random);
    const { signal } = await killedAt(project, results, next(), moment);
    if (signal === null) break;
    kills.push({ moment, phase: project.phaseIn(results) });
    // killed when all was done but saying so
    if (isFinished(project, results)) break;
  }
  if (!isFinished(project, results)) requireDone(await spawnCli(next(), project.folder).finished);
  return { runId: project.searchesIn(results)[0] ?? '', kills };
}

/** Runs the program, and kills it at that moment unless it has ended before. */
async function killedAt(
  project: TinyProject,
  results: string,
  args: readonly string[],
  moment: KillMoment,
): Promise<Finished> {
  const { process: child, finished } = spawnCli(args, project.folder);
  const ended = new AbortController();
  void finished.then(() => {
    ended.abort();
  });
  await Promise.race([momentIn(join(project.folder, results), moment, ended.signal), finished]);
  child.kill('SIGKILL');
  const end = await finished;
  if (end.signal !== 'SIGKILL') requireDone(end);
  return end;
}

function requireDone({ status, signal, notes }: Finished): void {
  if (status !== 0) throw new Error(`the search ended with ${String(status ?? signal)}: ${notes}`);
}

function isFinished(project: TinyProject, results: string): boolean {
  const [runId] = hasSearch(project, results) ? project.searchesIn(results) : [];
  return runId !== undefined && project.statusOf(results, runId) === 'finished';
}

function hasSearch(project: TinyProject, results: string): boolean {
  const isThere = readdirSync(join(project.folder, results)).includes('snapevo.db');
  return isThere && project.searchesIn(results).length > 0;
}

/** The same search from start to end, by the latencies of the one that was killed, and nothing else of it. */
export async function searchWhole(
  project: TinyProject,
  { from, to, seed }: { readonly from: string; readonly to: string; readonly seed: number },
): Promise<string> {
  project.copyLatencies(from, to);
  const settings = [`results=${to}`, `seed=${seed}`].flatMap((setting) => ['--set', setting]);
  requireDone(await spawnCli(['search', 'search.yaml', ...settings], project.folder).finished);
  return project.searchesIn(to)[0] ?? '';
}

/** All that a search led to that has to be the same however often it was killed. */
export function outcomeOf(project: TinyProject, results: string, runId: string): unknown {
  return {
    decisions: project.decisionsOf(results, runId),
    scores: scoresIn(project.database(results)),
    problems: project.withStore(results, (store) => store.check()),
    status: project.statusOf(results, runId),
    checkpoints: readdirSync(join(project.folder, results, runId, 'checkpoints')),
  };
}

/** Every picture's score. */
function scoresIn(path: string): unknown {
  const database = new Database(path, { readonly: true });
  try {
    return database
      .prepare(
        `SELECT architecture_hash, weights_hash, scorer_hash, caption_index, seed, score
         FROM score_sets JOIN image_scores ON score_set_id = id ORDER BY 1, 2, 3, 4, 5`,
      )
      .all();
  } finally {
    database.close();
  }
}
