/** Who has to act: the user (exit status 2), we, the authors (1), or whoever keeps the machine, where finding that out was the task (1). */
export type Fault = 'user' | 'internal' | 'machine';

/** What programs get of an error beside its text. */
export interface ErrorLists {
  /** Of a configuration, each with its place. */
  readonly problems?: readonly object[];
  /** Of what a run rests on. */
  readonly changes?: readonly object[];
}

/** What an error says, in parts, so that a terminal and a program can both show it. */
export interface ErrorDetails {
  /** Stable, e.g. `CONFIG_UNKNOWN_KEY`; listed in docs/errors.md. */
  readonly code: string;
  /** What was expected and what was found. */
  readonly message: string;
  /** File, YAML path, tensor name... */
  readonly where?: string;
  /** What to do about it. */
  readonly hint?: string;
  /** `user` unless told otherwise. */
  readonly fault?: Fault;
  readonly lists?: ErrorLists;
  readonly cause?: unknown;
}

/** Base of every error SnapEvo throws on purpose. */
export class SnapEvoError extends Error {
  readonly code: string;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly fault: Fault;
  readonly lists: ErrorLists | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.where = details.where;
    this.hint = details.hint;
    this.fault = details.fault ?? 'user';
    this.lists = details.lists;
  }
}

/** The parts of an error, to make an equal one of in another thread. */
export function detailsOf({ code, message, where, hint, fault, lists, cause }: SnapEvoError): ErrorDetails {
  return {
    ...{ code, message, fault },
    ...(lists === undefined ? {} : { lists }),
    ...(where === undefined ? {} : { where }),
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  };
}
