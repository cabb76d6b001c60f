import { SnapEvoError } from './snapevo-error.js';

/**
 * What to throw where work failed and storing that failed as well, so that neither hides the other: it names both and has the first as
 * its cause. Where the work failed by the store, and that fails in the same way again, the first says it all.
 */
export function failureNotStored(first: unknown, later: unknown): SnapEvoError {
  if (first instanceof SnapEvoError && (first.code === 'FAILURE_NOT_STORED' || isSame(first, later)))
    return first;
  const { hint, where, fault } =
    later instanceof SnapEvoError ? later : { hint: undefined, where: undefined, fault: 'internal' as const };
  return new SnapEvoError({
    code: 'FAILURE_NOT_STORED',
    message: `expected to store why the work ended (${messageOf(first)}), found: ${messageOf(later)}`,
    ...(where === undefined ? {} : { where }),
    ...(hint === undefined ? {} : { hint }),
    fault,
    cause: first,
  });
}

const isSame = (first: SnapEvoError, later: unknown): boolean =>
  later instanceof SnapEvoError && first.code === later.code && first.message === later.message;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
