import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import { pull, pulledBefore, type PullRequest } from '../../hub/pull.js';
import type { CliContext } from '../cli-context.js';

export interface PullOptions {
  readonly revision: string;
  readonly variant?: string;
  readonly out?: string;
  readonly json: boolean;
}

const MEGABYTE = 1e6;

/** Loads a repository into a folder; where the hub can't be reached and all of it is there already, says so. */
export async function pullModel(
  repository: string,
  { revision, variant: named, out, json }: PullOptions,
  { terminal, signal, currentFolder }: CliContext,
): Promise<void> {
  const folder = resolve(currentFolder, out ?? join('models', repository.split('/').at(-1) ?? ''));
  const variant = named ?? null;
  const { HF_ENDPOINT: url, HF_TOKEN: token } = process.env;
  let started = false;
  const request: PullRequest = {
    ...{ repository, revision, variant, folder },
    access: { signal, ...(url === undefined ? {} : { url }), ...(token === undefined ? {} : { token }) },
    onProgress: (done, total) => {
      if (!started) terminal.progress.start(`${repository}, MB`, inMegabytes(total));
      started = true;
      terminal.progress.update(inMegabytes(done));
    },
  };
  const { commit, files, offline } = await pullOrFind(request);
  terminal.progress.stop();
  if (json) terminal.printJson({ repository, revision, variant, folder, commit, files, offline });
  else terminal.print(describe(repository, commit, relative(currentFolder, folder), files.length, offline));
}

interface Found {
  readonly commit: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
  readonly offline: boolean;
}

async function pullOrFind(request: PullRequest): Promise<Found> {
  try {
    const { commit, files } = await pull(request);
    return { commit, files: files.map(({ path, size }) => ({ path, size })), offline: false };
  } catch (error) {
    const isAway = error instanceof SnapEvoError && error.code === 'HUB_UNREACHABLE';
    const before = isAway ? pulledBefore(request) : undefined;
    if (before === undefined) throw error;
    const { commit, files } = before;
    return { commit, files: files.map(({ path, size }) => ({ path, size })), offline: true };
  }
}

function describe(
  repository: string,
  commit: string,
  folder: string,
  count: number,
  offline: boolean,
): string {
  const what = `${repository} at ${commit.slice(0, 12)}: ${count} files in ${folder}`;
  return offline ? `${what}, from before; the hub can't be reached` : what;
}

function inMegabytes(bytes: number): number {
  return Math.ceil(bytes / MEGABYTE);
}
