import { SnapEvoError } from '../errors/snapevo-error.js';

export type DataErrorCode =
  | 'DATA_PACKAGE_MISSING'
  | 'DATA_PACKAGE_UNEXPECTED'
  | 'DATA_UNREADABLE'
  | 'DATA_PICTURES_DAMAGED'
  | 'DATA_INVALID_LINE'
  | 'DATA_OUTSIDE_FOLDER'
  | 'DATA_EMPTY'
  | 'DATA_TOKENIZER';

/** Pictures, captions or a tokenizer that can't be used as they are. */
export class DataError extends SnapEvoError {
  constructor(
    code: DataErrorCode,
    message: string,
    details: { readonly where: string; readonly hint?: string; readonly cause?: unknown },
  ) {
    super({ code, message, ...details });
  }
}

/** What went wrong in a caught value, as one line. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Whether there was no file to read. */
export function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
