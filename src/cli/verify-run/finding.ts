import { SnapEvoError } from '../../errors/snapevo-error.js';

/** Something that is not as it was stored. */
export interface Finding {
  /** `action 3`, `event 40`. */
  readonly what: string;
  /** A run's id, or a file. */
  readonly where: string;
  /** What was expected and what was found. */
  readonly message: string;
  readonly hint: string;
}

export const RESTORE =
  'Restore the results folder from a copy, or start a new run: this one is not to be relied on.';

/** Codes of what can't be made sense of. A run that was listed is unknown where an index is damaged. */
const DAMAGE = [
  'STORE_DAMAGED',
  'STORE_EMPTIED',
  'STORE_DATABASE',
  'STORE_RUN_UNKNOWN',
  'RUN_CONFIG_UNREADABLE',
  'SEARCH_OPTION_INVALID',
];

/** What is read; undefined and a finding where what is stored can't be made sense of. Throws all other errors on. */
export function readOrFind<T>(
  read: () => T,
  { what, where }: Pick<Finding, 'what' | 'where'>,
  findings: Finding[],
): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isDamage(error)) throw error;
    const hint = error instanceof SnapEvoError ? error.hint : undefined;
    findings.push({ what, where, message: error.message, hint: hint ?? RESTORE });
    return undefined;
  }
}

function isDamage(error: unknown): error is Error {
  return error instanceof SnapEvoError ? DAMAGE.includes(error.code) : error instanceof SyntaxError;
}
