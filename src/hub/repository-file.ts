import { describeFound } from '../errors/describe-found.js';
import { z } from 'zod';
import { SnapEvoError } from '../errors/snapevo-error.js';

/** A file of a repository, and what its bytes have to be. */
export interface RepositoryFile {
  /** With slashes, from the repository's root. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  readonly hash: FileHash;
}

/** Large files are known by the SHA-256 of their bytes, others by Git's SHA-1 of `blob <size>\0` and their bytes. */
export interface FileHash {
  readonly algorithm: 'sha256' | 'git-sha1';
  /** Lower-case hexadecimal. */
  readonly value: string;
}

/** What the hub's listing says of a file. */
const listedFile = z.object({
  path: z.string(),
  size: z.number(),
  oid: z.string().optional(),
  lfs: z.object({ oid: z.string(), size: z.number() }).optional(),
});

/**
 * A listed file, checked: names come from strangers and become paths here.
 * @throws SnapEvoError `HUB_NAME_UNSAFE`, `HUB_LISTING_INVALID`
 */
export function repositoryFile(listed: unknown): RepositoryFile {
  const parsed = listedFile.safeParse(listed);
  if (!parsed.success)
    throw invalidListing(`a name, a size and a hash for every file, found ${describeFound(listed)}`);
  const { path, size, oid, lfs } = parsed.data;
  requireSafePath(path);
  const hash: FileHash = lfs
    ? { algorithm: 'sha256', value: lfs.oid }
    : { algorithm: 'git-sha1', value: oid ?? '' };
  const bytes = lfs?.size ?? size;
  const isHash = new RegExp(hash.algorithm === 'sha256' ? '^[0-9a-f]{64}$' : '^[0-9a-f]{40}$').test(
    hash.value,
  );
  if (isHash && Number.isSafeInteger(bytes) && bytes >= 0) return { path, size: bytes, hash };
  throw invalidListing(
    `a size and a hash for every file, found ${describeFound(bytes)} and ${describeFound(hash.value)}`,
    path,
  );
}

/** What Windows takes for a device, whatever stands after the first dot. */
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;

/** No names of files on one system or another, and what a terminal obeys or shows in another order than it is. */
const forbidden = /[\\:<>"|?*\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Surrogate}]/u;

function requireSafePath(path: string): void {
  if (isSafePath(path)) return;
  throw new SnapEvoError({
    code: 'HUB_NAME_UNSAFE',
    message: 'the repository has a file whose name leads outside a folder, or is none on every system',
    where: describeFound(path),
    hint: 'nothing of this repository was written; do not trust it',
  });
}

/** Whether a path stays in its folder and means the same file on every system. */
export function isSafePath(path: string): boolean {
  return path.length <= 1000 && !forbidden.test(path) && path.split('/').every(isSafeName);
}

/** Windows leaves dots and blanks at the end out, so that another file would be meant. */
function isSafeName(part: string): boolean {
  return (
    !/^$|^\s|[\s.]$/u.test(part) &&
    Buffer.byteLength(part) <= 255 &&
    !device.test(part.replace(/\..*$/s, '').trimEnd())
  );
}

/** What the hub says of a repository's files makes no sense. */
export function invalidListing(expectedAndFound: string, path?: string): SnapEvoError {
  return new SnapEvoError({
    code: 'HUB_LISTING_INVALID',
    message: `expected ${expectedAndFound}`,
    ...(path === undefined ? {} : { where: describeFound(path) }),
    hint: 'the hub, or what stands in for it, does not speak the protocol of huggingface.co',
  });
}
