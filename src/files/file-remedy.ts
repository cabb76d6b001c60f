/** What to do where the system refuses a file, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: make room, and try again.',
  EDQUOT: 'Your share of the disk is used up: make room, and try again.',
  EFBIG: 'Files may not be that large here: raise the limit (`ulimit -f`), or name another disk.',
  EROFS: 'The file system may only be read: mount it to be written to, or name another.',
  EACCES: 'Check that you may read and write there.',
  EPERM: 'Check that you may read and write there.',
  EIO: 'The disk refused a read or write: check it, and try again.',
  EMFILE: 'Too many files are open: raise the limit (`ulimit -n`), and try again.',
};

/** What to do about an error of the file system's; undefined of one that the user can't mend, or that is another's. */
export function fileRemedy(error: unknown): string | undefined {
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? REMEDIES[code] : undefined;
}
