/** Ways to set text off; each gives the text back as it is where colour is not wanted. */
export interface Styles {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

/** ANSI SGR codes (ECMA-48, 8.3.117): on, off. */
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
} as const satisfies Record<keyof Styles, readonly [number, number]>;

export function createStyles(colour: boolean): Styles {
  const style =
    ([on, off]: readonly [number, number]) =>
    (text: string): string =>
      colour ? `\u001B[${on}m${text}\u001B[${off}m` : text;
  return {
    bold: style(codes.bold),
    dim: style(codes.dim),
    red: style(codes.red),
    green: style(codes.green),
    yellow: style(codes.yellow),
  };
}

/** Whether a stream should get colour: https://no-color.org, then FORCE_COLOR, then what the stream is. */
export function wantsColour(
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  const forced = environment['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0';
  return isTerminal && environment['TERM'] !== 'dumb';
}
