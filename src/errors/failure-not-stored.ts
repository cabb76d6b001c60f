import { SnapEvoError } from './snapevo-error.js';

/**
 * What to throw where work failed and storing that failed as well, so that neither hides the other: it names both and has the first as
 * its cause.
 */
export function failureNotStored(first: unknown, later: unknown): SnapEvoError {
  if (first instanceof SnapEvoError && first.code === 'FAILURE_NOT_STORED') return first;
  const { hint, fault } =
    later instanceof SnapEvoError ? later : { hint: undefined, fault: 'internal' as const };
  return new SnapEvoError({
    code: 'FAILURE_NOT_STORED',
    message: `expected to store why the work ended (${messageOf(first)}), found: ${messageOf(later)}`,
    ...(hint === undefined ? {} : { hint }),
    fault,
    cause: first,
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
