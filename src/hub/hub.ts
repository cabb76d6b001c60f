import {
  downloadFile,
  fileDownloadInfo,
  HubApiError,
  listFiles,
  modelInfo,
  type FileDownloadInfoOutput,
} from '@huggingface/hub';
import { SnapEvoError } from '../errors/snapevo-error.js';
import { describeFound } from '../errors/describe-found.js';
import { invalidAddress, isAddress, isBadPort } from './hub-address.js';
import { limitAnswer } from './limit-answer.js';
import { invalidListing, type RepositoryFile } from './repository-file.js';
import { beginsAsPage, isWebPage, webPage } from './web-page.js';

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

/** Files and folders of a repository: far more than any model has. */
const MAX_ENTRIES = 100_000;

/** Of a listing. The hub puts a thousand entries on one. */
const MAX_PAGES = 1_000;

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
    const entries: unknown[] = [];
    const asked = limitPages(request(access));
    const listing = listFiles({ repo: repository, revision: commit, recursive: true, ...asked });
    for await (const entry of listing) {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) throw invalidListing(`at most ${MAX_ENTRIES} entries, found more`);
    }
    return entries.filter(isFileEntry);
  } catch (cause) {
    throw hubError(cause, repository, access);
  }
}

function isFileEntry(entry: unknown): boolean {
  if (typeof entry === 'object' && entry !== null) return 'type' in entry && entry.type === 'file';
  throw invalidListing(`files and folders, found ${describeFound(entry)}`);
}

/** A file's bytes from an offset on. Errors as {@link hubError}; the stream's own errors are fetch's. */
export async function openFile(
  { repository, commit }: Snapshot,
  { path }: RepositoryFile,
  offset: number,
  access: HubAccess,
): Promise<ReadableStream<Uint8Array>> {
  try {
    const asked = { repo: repository, path, revision: commit };
    const downloadInfo = await fileDownloadInfo({ ...asked, ...request(access, () => true) });
    const words = addressesOfWords(downloadInfo?.xet);
    const fetching = request(access, (address) => !words.includes(address));
    const blob = downloadInfo && (await downloadFile({ ...asked, downloadInfo, ...fetching }));
    if (blob === null) throw new Error('the file is listed, but not there');
    return blob.slice(offset).stream();
  } catch (cause) {
    throw hubError(cause, `${repository}/${path}`, access);
  }
}

/** Where Xet is asked how a file is put together. The client takes the second version of an address that the hub gives of the first. */
function addressesOfWords(xet: FileDownloadInfoOutput['xet']): readonly string[] {
  if (xet === undefined) return [];
  const { refreshUrl, reconstructionUrl } = xet;
  const newer = reconstructionUrl.href.replace('/v1/reconstructions/', '/v2/reconstructions/');
  return [refreshUrl.href, reconstructionUrl.href, newer];
}

/**
 * SnapEvoError `HUB_UNREACHABLE` for what may pass, `HUB_NOT_FOUND`, `HUB_FORBIDDEN`, `HUB_LISTING_INVALID`, `HUB_WEB_PAGE`, `HUB_ADDRESS_INVALID`, and for all other answers `HUB_REFUSED`.
 * A fired signal's reason is passed on.
 */
export function hubError(cause: unknown, where: string, { signal, url }: HubAccess): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (cause instanceof SnapEvoError) return cause;
  if (url !== undefined && isBadPort(cause)) return invalidAddress(url, 'a port that is never asked');
  if (isOtherShape(cause))
    return invalidListing(`an answer of its protocol, found another: ${cause.message}`);
  const status = cause instanceof HubApiError ? cause.statusCode : undefined;
  return new SnapEvoError({ ...explain(status, cause), where, cause });
}

/** What the client makes of JSON that is not what it asked for. Errors of fetch are of the same class, but have causes. */
function isOtherShape(error: unknown): error is TypeError {
  return error instanceof TypeError && error.cause === undefined;
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

/** @param isFile whether what is asked for at an address is the bytes of a file; all other answers are limited, and all errors */
function request({ url, token, signal }: HubAccess, isFile: (address: string) => boolean = () => false) {
  if (url !== undefined && !isAddress(url)) throw invalidAddress(url, 'another text');
  const fetchUntilAborted: typeof fetch = async (input, init) => {
    const answer = await fetch(input, signal === undefined ? init : { ...init, signal });
    const address = input instanceof Request ? input.url : String(input);
    const isWords = !(answer.ok && isFile(address));
    if (isWebPage(answer, address) || (answer.ok && isWords && (await beginsAsPage(answer))))
      throw await webPage(answer, address, PASSING.has(answer.status));
    return isWords ? limitAnswer(answer) : answer;
  };
  return {
    ...(url === undefined ? {} : { hubUrl: url }),
    ...(token === undefined ? {} : { accessToken: token }),
    fetch: fetchUntilAborted,
  };
}

/** Pages without entries could name a next one for ever. */
function limitPages(asked: ReturnType<typeof request>): ReturnType<typeof request> {
  let pages = 0;
  const fetchPage: typeof fetch = async (input, init) => {
    pages += 1;
    if (pages > MAX_PAGES) throw invalidListing(`at most ${MAX_PAGES} pages, found more`);
    return asked.fetch(input, init);
  };
  return { ...asked, fetch: fetchPage };
}
