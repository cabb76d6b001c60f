import type fc from 'fast-check';

/** A reader of what strangers give, and the inputs that it is tried with. */
export interface FuzzedParser<Input = unknown> {
  readonly name: string;
  readonly inputs: fc.Arbitrary<Input>;
  /**
   * Reads an input as the product does.
   * @param folder an empty one of its own, the same for all cases, with an outside around it
   * @throws SnapEvoError where the input is refused; anything else is a failure
   */
  readonly read: (input: Input, folder: string) => unknown;
  /** More than a reader of texts may take: pictures are large. */
  readonly memoryLimitBytes?: number;
}

/** Forgets the type of the inputs, so that parsers stand in one list. */
export function fuzzed<Input>(parser: FuzzedParser<Input>): FuzzedParser {
  return parser as unknown as FuzzedParser;
}

/** Fails where a path that a reader gives leads out of its folder. */
export function requireInside(folder: string, path: string): void {
  if (path.startsWith(`${folder}/`) && !path.includes('/../') && !path.endsWith('/..')) return;
  throw new Error(`a read outside the folder: ${path}`);
}
