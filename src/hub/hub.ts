import { downloadFile, listFiles, modelInfo, HubApiError } from '@huggingface/hub';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { describeFound } from '../errors/describe-found.js';
import { limitAnswer } from './limit-answer.js';
import { invalidListing, type RepositoryFile } from './repository-file.js';

/** Where repositories are, and as whom they are asked for. */
export interface HubAccess {
  /** `https://huggingface.co` unless told otherwise. */
  readonly url?: string;
  /** For repositories that are not public. */
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** A model's repository at one commit. */
export interface Snapshot {
  /** `owner/name`. */
  readonly repository: string;
  /** 40 hexadecimal digits. */
  readonly commit: string;
}

/** Of a repository: far more than any model has. */
const MAX_FILES = 100_000;

/** Errors of the server, and of the way to it, that may pass. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The commit that a branch or tag stands for now. Errors as {@link hubError}. */
export async function resolveSnapshot(
  repository: string,
  revision: string,
  access: HubAccess,
): Promise<Snapshot> {
  try {
    const { sha } = await modelInfo({
      name: repository,
      revision,
      additionalFields: ['sha'],
      ...request(access),
    });
    if (!/^[0-9a-f]{40}$/.test(sha)) throw invalidListing(`a commit, found ${describeFound(sha)}`);
    return { repository, commit: sha };
  } catch (cause) {
    throw hubError(cause, `${repository} at ${revision}`, access);
  }
}

/** All files of a snapshot, as the hub lists them. Errors as {@link hubError}. */
export async function listSnapshot({ repository, commit }: Snapshot, access: HubAccess): Promise<unknown[]> {
  try {
    const files: unknown[] = [];
    const listing = listFiles({ repo: repository, revision: commit, recursive: true, ...request(access) });
    for await (const entry of listing) {
      if (entry.type === 'file') files.push(entry);
      if (files.length > MAX_FILES) throw invalidListing(`at most ${MAX_FILES} files, found more`);
    }
    return files;
  } catch (cause) {
    throw hubError(cause, repository, access);
  }
}

/** A file's bytes from an offset on. Errors as {@link hubError}; the stream's own errors are fetch's. */
export async function openFile(
  { repository, commit }: Snapshot,
  { path }: RepositoryFile,
  offset: number,
  access: HubAccess,
): Promise<ReadableStream<Uint8Array>> {
  try {
    const blob = await downloadFile({ repo: repository, path, revision: commit, ...request(access) });
    if (blob === null) throw new Error('the file is listed, but not there');
    return blob.slice(offset).stream();
  } catch (cause) {
    throw hubError(cause, `${repository}/${path}`, access);
  }
}

/**
 * SnapEvoError `HUB_UNREACHABLE` for what may pass, `HUB_NOT_FOUND`, `HUB_FORBIDDEN`, and for all other answers `HUB_REFUSED`.
 * A fired signal's reason is passed on.
 */
export function hubError(cause: unknown, where: string, { signal }: HubAccess): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (cause instanceof SnapEvoError) return cause;
  const status = cause instanceof HubApiError ? cause.statusCode : undefined;
  return new SnapEvoError({ ...explain(status, cause), where, cause });
}

function explain(
  status: number | undefined,
  cause: unknown,
): { code: string; message: string; hint: string } {
  if (status === undefined || PASSING.has(status)) {
    const hint = 'what was loaded is kept: try again, and the rest is loaded';
    return { code: 'HUB_UNREACHABLE', message: `the hub does not answer: ${reasonOf(cause)}`, hint };
  }
  if (status === 404) {
    const hint = 'check owner, name and revision; a repository that is not public needs HF_TOKEN';
    return { code: 'HUB_NOT_FOUND', message: 'the hub has no such repository, revision or file', hint };
  }
  if (status === 401 || status === 403) {
    const hint = 'set HF_TOKEN to a token that may read it, and accept its terms on its page';
    return { code: 'HUB_FORBIDDEN', message: `the hub does not hand it out: status ${status}`, hint };
  }
  return { code: 'HUB_REFUSED', message: `the hub answers ${reasonOf(cause)}`, hint: 'try again later' };
}

/** fetch says no more than "fetch failed" itself; what failed is its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function request({ url, token, signal }: HubAccess) {
  const fetchUntilAborted: typeof fetch = async (input, init) => {
    const answer = await fetch(input, signal === undefined ? init : { ...init, signal });
    return answer.url.includes('/api/models/') ? limitAnswer(answer) : answer;
  };
  return {
    ...(url === undefined ? {} : { hubUrl: url }),
    ...(token === undefined ? {} : { accessToken: token }),
    fetch: fetchUntilAborted,
  };
}
