import { CommanderError } from 'commander';
import { SnapEvoError, type ErrorLists } from '../../errors/snapevo-error.js';
import { fileRemedy } from '../../files/file-remedy.js';
import { escapeControls } from './escape-controls.js';
import { Interruption } from './interruption.js';
import type { Styles } from './styles.js';

/** Exit statuses: 0 is success, and an interruption has that of its signal. */
const EXIT_STATUS = { internalError: 1, userError: 2 } as const;

/** An error as programs get it. */
export interface ErrorReport extends ErrorLists {
  readonly code: string;
  readonly message: string;
  readonly where?: string;
  readonly hint?: string;
}

export function exitStatusOf(error: unknown): number {
  if (error instanceof Interruption) return error.exitStatus;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_STATUS.userError;
  const isUsers =
    error instanceof SnapEvoError ? error.fault === 'user' : describeRefusal(error) !== undefined;
  return isUsers ? EXIT_STATUS.userError : EXIT_STATUS.internalError;
}

export function describeError(error: unknown): ErrorReport {
  if (error instanceof CommanderError) return describeWrongUse(error);
  if (error instanceof Interruption) return { code: 'INTERRUPTED', message: error.message };
  if (!(error instanceof SnapEvoError)) {
    return (
      describeRefusal(error) ?? {
        code: 'INTERNAL',
        message: error instanceof Error ? error.message : String(error),
      }
    );
  }
  return {
    code: error.code,
    message: error.message,
    ...(error.where === undefined ? {} : { where: error.where }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...error.lists,
  };
}

/** Wrong use of the command line, in commander's words. */
function describeWrongUse({ message }: CommanderError): ErrorReport {
  return {
    code: 'ARGUMENTS_INVALID',
    message: message.replace(/^error: /, ''),
    hint: 'Add --help for what it takes.',
  };
}

/** A file that the system refused, in the system's words; undefined of what is no such thing, or can't be mended. */
function describeRefusal(error: unknown): ErrorReport | undefined {
  const hint = fileRemedy(error);
  if (hint === undefined) return undefined;
  const { message, path } = error as NodeJS.ErrnoException;
  return { code: 'FILE_REFUSED', message, hint, ...(path === undefined ? {} : { where: path }) };
}

/** What went wrong, where, and what to do, in one line, to be kept. */
export function summarizeError(error: unknown): string {
  const report = describeError(error);
  const { code, message, hint } = report;
  const place = placeOf(report);
  const where = place === undefined ? '' : ` (${place})`;
  const remedy = hint === undefined ? '' : `; hint: ${hint}`;
  return `${code}: ${message}${where}${remedy}`.replace(/\s+/g, ' ');
}

/** Undefined where the message says so itself. */
const placeOf = ({ message, where }: ErrorReport): string | undefined =>
  where !== undefined && message.includes(where) ? undefined : where;

/** What went wrong, where, and what to do, for a person; what is our fault comes with the stack. */
export function formatError(error: unknown, styles: Styles): string {
  const report = describeError(error);
  const { code, message, hint } = report;
  const place = placeOf(report);
  const lines = [`${styles.red('error')} ${styles.bold(code)}: ${escapeControls(message)}`];
  if (place !== undefined) lines.push(`  ${styles.dim('where:')} ${escapeControls(place)}`);
  if (hint !== undefined) lines.push(`  ${styles.dim('hint:')} ${escapeControls(hint)}`);
  const isMachines = error instanceof SnapEvoError && error.fault === 'machine';
  if (exitStatusOf(error) === EXIT_STATUS.internalError && !isMachines) {
    lines.push('This is a fault in SnapEvo, not in what you did. What is stored is safe.');
    if (error instanceof Error && error.stack !== undefined)
      lines.push(styles.dim(escapeControls(error.stack)));
  }
  return lines.join('\n');
}
