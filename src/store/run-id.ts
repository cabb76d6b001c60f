const MAX_NAME_LENGTH = 24;

/** Lower case, digits and single dashes only, so that the id is safe as a folder's name and on a command line. */
function toSlug(name: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_NAME_LENGTH)
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' ? 'run' : slug;
}

/**
 * A run's id: sorts by time, says what it is, and can be read out on the telephone: `20261123-0425-emoji-3f2a`.
 * @param createdAtMs milliseconds since the epoch; shown in UTC
 * @param suffix integer in [0, 65535] that tells runs of the same minute apart
 */
export function formatRunId(createdAtMs: number, name: string, suffix: number): string {
  const digits = new Date(createdAtMs).toISOString().replaceAll(/[-:]/g, '');
  const hex = suffix.toString(16).padStart(4, '0');
  return `${digits.slice(0, 8)}-${digits.slice(9, 13)}-${toSlug(name)}-${hex}`;
}

/** Whether something is called as runs are. */
export function isRunId(name: string): boolean {
  return /^\d{8}-\d{4}-[a-z0-9-]+-[0-9a-f]{4}$/.test(name);
}
