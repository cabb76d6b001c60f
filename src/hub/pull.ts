import { mkdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describeFound } from '../errors/describe-found.js';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { chooseFiles } from './choose-files.js';
import { listSnapshot, resolveSnapshot, type HubAccess } from './hub.js';
import { loadFile, type Loading } from './load-file.js';
import { isWhole, requireOwnFolder, writePullRecord, type PullRecord } from './pull-record.js';
import { repositoryFile } from './repository-file.js';
import type { RepositoryFile } from './repository-file.js';

export interface PullRequest {
  /** `owner/name`. */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Of the weights, e.g. `fp16`; null for the plain ones. */
  readonly variant: string | null;
  /** Where the files go. */
  readonly folder: string;
  readonly access: HubAccess;
  /** Told how many bytes of how many are there. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Between tries of a file whose loading was cut off, in milliseconds; 1000 unless told otherwise. */
  readonly pauseMs?: number;
}

export interface Pulled {
  readonly commit: string;
  readonly files: readonly RepositoryFile[];
  readonly bytes: number;
}

/** How often a file is tried that brings nothing more. */
const TRIES = 3;

/**
 * Loads a model's files from the Hugging Face hub into a plain folder: resumable, checked by size and hash, and needing no hub
 * afterwards. The folder's record says which commit it holds.
 * @throws SnapEvoError `PULL_NAME_INVALID`, `HUB_TOKEN_INVALID`, `PULL_FOLDER_TAKEN`, and as `hubError`, `chooseFiles` and `loadFile`
 */
export async function pull(request: PullRequest): Promise<Pulled> {
  const { repository, revision, variant, folder, access } = request;
  requireName(repository);
  requireToken(access);
  requireOwnFolder(folder, repository);
  const snapshot = await resolveSnapshot(repository, revision, access);
  const files = chooseFiles((await listSnapshot(snapshot, access)).map(repositoryFile), variant);
  const record: PullRecord = {
    ...{ repository, revision, variant, commit: snapshot.commit, complete: false },
    files: files.map(({ path, size, hash }) => ({ path, size, hash: hash.value })),
  };
  mkdirSync(folder, { recursive: true });
  writePullRecord(folder, record);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const loading: Loading = {
    ...{ snapshot, access, folder },
    onBytes: (count) => {
      done += count;
      request.onProgress?.(done, total);
    },
  };
  for (const file of files) await loadPatiently(file, loading, request.pauseMs ?? 1000);
  writePullRecord(folder, { ...record, complete: true });
  return { commit: snapshot.commit, files, bytes: total };
}

/** What a folder holds of an earlier pull of the same, whole; undefined where something is missing. */
export function pulledBefore({ repository, revision, variant, folder }: PullRequest): PullRecord | undefined {
  const record = requireOwnFolder(folder, repository);
  if (record?.revision !== revision || record.variant !== variant) return undefined;
  return isWhole(folder, record) ? record : undefined;
}

/** Connections break, on large files nearly always: it goes on where it was, as long as more arrives. */
async function loadPatiently(file: RepositoryFile, loading: Loading, pauseMs: number): Promise<void> {
  let [failures, most] = [0, 0];
  for (;;) {
    let arrived = 0;
    const onBytes = (count: number): void => {
      arrived += count;
      loading.onBytes?.(count);
    };
    try {
      await loadFile(file, { ...loading, onBytes });
      return;
    } catch (error) {
      failures = arrived > most ? 1 : failures + 1;
      most = Math.max(most, arrived);
      if (!mayPass(error) || failures >= TRIES) throw error;
      loading.onBytes?.(-arrived);
    }
    await setTimeout(pauseMs);
    loading.access.signal?.throwIfAborted();
  }
}

function mayPass(error: unknown): boolean {
  return error instanceof SnapEvoError && error.code === 'HUB_UNREACHABLE';
}

function requireName(repository: string): void {
  if (/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(repository)) return;
  throw new SnapEvoError({
    code: 'PULL_NAME_INVALID',
    message: `expected owner/name, found ${describeFound(repository)}`,
    hint: 'as in the address of its page: https://huggingface.co/owner/name',
  });
}

/** The client refuses others before it asks anybody. */
function requireToken({ token = 'hf_' }: HubAccess): void {
  if (token.startsWith('hf_')) return;
  throw new SnapEvoError({
    code: 'HUB_TOKEN_INVALID',
    message: "expected a token that starts with 'hf_', found another",
    where: 'HF_TOKEN',
    hint: 'tokens are made at https://huggingface.co/settings/tokens; unset HF_TOKEN to go without one',
  });
}
