import { WriteStream } from 'node:tty';
import { BarProgress } from './bar-progress.js';
import { confirm } from './confirm.js';
import { LineProgress } from './line-progress.js';
import type { Progress } from './progress.js';
import { createStyles, wantsColour, type Styles } from './styles.js';

/** Where text goes: a process's standard streams, or a test's memory. */
export interface TextStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

/** How a command speaks: results on standard output, everything else on standard error. */
export interface Terminal {
  /** For results. */
  readonly styles: Styles;
  /** For notes and errors. */
  readonly noteStyles: Styles;
  readonly progress: Progress;
  /** For text that is redrawn in place: only where somebody watches, on a terminal that can redraw. */
  readonly screen: WriteStream | undefined;
  /** Asks for a yes; undefined where nobody is there to give it. Throws the signal's reason once it fires. */
  readonly confirm: ((question: string, signal: AbortSignal) => Promise<boolean>) | undefined;
  /** A result, for a person or the next program in the pipe. */
  print(text: string): void;
  /** A result as one line of JSON. */
  printJson(value: unknown): void;
  /** Tells whoever watches what goes on. */
  note(text: string): void;
}

/** What a terminal is made from. */
export interface TerminalParts {
  readonly output: TextStream;
  readonly notes: TextStream;
  /** Where answers come from. */
  readonly input?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since some moment in the past; never goes back, as the time of day may. */
  readonly elapsedMs: () => number;
}

export function createTerminal({ output, notes, input, environment, elapsedMs }: TerminalParts): Terminal {
  const writeNote = (text: string): void => {
    notes.write(`${text}\n`);
  };
  const canRedraw = notes.isTTY === true && environment['TERM'] !== 'dumb';
  const progress = canRedraw ? new BarProgress(notes, elapsedMs) : new LineProgress(writeNote, elapsedMs);
  const print = (text: string): void => {
    progress.around(() => output.write(`${text}\n`));
  };
  return {
    styles: createStyles(wantsColour(environment, output.isTTY === true)),
    noteStyles: createStyles(wantsColour(environment, notes.isTTY === true)),
    progress,
    screen: canRedraw && notes instanceof WriteStream ? notes : undefined,
    confirm:
      input?.isTTY === true && notes.isTTY === true
        ? (question, signal) => confirm(question, input, notes, signal)
        : undefined,
    print,
    printJson: (value) => {
      print(JSON.stringify(value));
    },
    note: (text) => {
      progress.around(() => {
        writeNote(text);
      });
    },
  };
}
