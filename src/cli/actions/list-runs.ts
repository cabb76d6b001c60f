import { resolve } from 'node:path';
import type { CliContext } from '../cli-context.js';
import { readStore } from '../compose/open-store.js';
import { formatRunList } from '../views/run-list-view.js';
import { summariseRun, type RunSummary } from '../views/run-summary.js';

export interface ListOptions {
  readonly results: string;
  readonly json: boolean;
}

/** Prints the runs of a results folder, newest first. */
export function listRuns(options: ListOptions, { terminal, currentFolder, nowMs }: CliContext): void {
  const summaries = readStore<readonly RunSummary[]>(
    resolve(currentFolder, options.results),
    nowMs,
    (store) => store.listRuns().map((run) => summariseRun(store, run)),
    () => [],
  );
  if (options.json) terminal.printJson(summaries);
  else if (summaries.length === 0) terminal.note(`No runs in ${options.results} yet.`);
  else terminal.print(formatRunList(summaries, terminal.styles));
}
