import Database from 'better-sqlite3';
import { setTimeout } from 'node:timers/promises';
import { runBuiltCli } from '../cli/built-cli.js';
import type { TinyProject } from '../cli/tiny-project.js';

/** What a soak saw. */
export interface Soak {
  readonly minutes: number;
  readonly searches: number;
  readonly reads: Readonly<Record<string, number>>;
  /** What a search or a reader ended with that it should not have. */
  readonly failures: readonly string[];
}

const PAUSE_MS = 500;
/** As long as somebody with a shell may look at a query's result. */
const OPEN_LOOK_MS = 5_000;

/** Searches one after another while four readers look at the same folder all the time. */
export async function soak(
  project: TinyProject,
  minutes: number,
  progress: (done: number) => void,
): Promise<Soak> {
  const results = 'soaked';
  const startMs = performance.now();
  const isOver = (): boolean => performance.now() - startMs > minutes * 60_000;
  const reads = { show: 0, list: 0, plot: 0, shell: 0 };
  const failures: string[] = [];
  const run = async (args: readonly string[]): Promise<boolean> => {
    const { status, signal, notes } = await runBuiltCli(args, project.folder);
    // what the newest search has nothing of yet is no failure to answer
    if (status === 0 || (status === 2 && notes.includes('error PLOT_EMPTY'))) return true;
    failures.push(`${args.join(' ')}: ${String(status ?? signal)}: ${notes.slice(-500)}`);
    return false;
  };
  let searches = 0;
  const search = (seed: number): Promise<boolean> =>
    run(['search', 'search.yaml', '--set', `results=${results}`, '--set', `seed=${seed}`]);
  if (await search(0)) searches += 1;
  const writer = async (): Promise<void> => {
    for (let seed = 1; !isOver(); seed++) {
      if (await search(seed)) searches += 1;
      progress((performance.now() - startMs) / 60_000);
    }
  };
  const reader = async (name: 'show' | 'list' | 'plot', args: readonly string[]): Promise<void> => {
    while (!isOver()) {
      if (await run([name, ...args, '--results', results])) reads[name] += 1;
      await setTimeout(PAUSE_MS);
    }
  };
  const shell = async (): Promise<void> => {
    while (!isOver()) {
      const database = new Database(project.database(results), { readonly: true });
      database.exec('BEGIN');
      database.prepare('SELECT count(*) FROM events').get();
      await setTimeout(OPEN_LOOK_MS);
      database.prepare('SELECT count(*) FROM image_scores').get();
      database.close();
      reads.shell += 1;
      await setTimeout(PAUSE_MS);
    }
  };
  await Promise.all([
    writer(),
    reader('show', ['--all']),
    reader('list', []),
    reader('plot', ['--out', 'soaked.svg']),
    shell(),
  ]);
  return { minutes: (performance.now() - startMs) / 60_000, searches, reads, failures };
}
