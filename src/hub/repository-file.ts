import { describeFound } from '../errors/describe-found.js';
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
export interface ListedFile {
  readonly type: string;
  readonly path: string;
  readonly size: number;
  readonly oid?: string;
  readonly lfs?: { readonly oid: string; readonly size: number };
}

/**
 * A listed file, checked: names come from strangers and become paths here.
 * @throws SnapEvoError `HUB_NAME_UNSAFE`, `HUB_LISTING_INVALID`
 */
export function repositoryFile({ path, size, oid, lfs }: ListedFile): RepositoryFile {
  requireSafePath(path);
  const hash: FileHash = lfs
    ? { algorithm: 'sha256', value: lfs.oid }
    : { algorithm: 'git-sha1', value: oid ?? '' };
  const bytes = lfs?.size ?? size;
  const isHash = new RegExp(hash.algorithm === 'sha256' ? '^[0-9a-f]{64}$' : '^[0-9a-f]{40}$').test(
    hash.value,
  );
  if (isHash && Number.isSafeInteger(bytes) && bytes >= 0) return { path, size: bytes, hash };
  throw new SnapEvoError({
    code: 'HUB_LISTING_INVALID',
    message: `expected a size and a hash for every file, found ${describeFound(bytes)} and ${describeFound(hash.value)}`,
    where: describeFound(path),
    hint: 'the hub, or what stands in for it, does not speak the protocol of huggingface.co',
  });
}

function requireSafePath(path: string): void {
  const isSafe =
    path.length <= 1000 &&
    !/[\\:\p{Cc}]/u.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (isSafe) return;
  throw new SnapEvoError({
    code: 'HUB_NAME_UNSAFE',
    message: 'the repository has a file whose name leads outside a folder, or is none',
    where: describeFound(path),
    hint: 'nothing of this repository was written; do not trust it',
  });
}
