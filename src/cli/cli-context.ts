import type { Terminal } from './terminal/terminal.js';

/** What a command gets from the process it runs in, so that a test can be that process. */
export interface CliContext {
  readonly terminal: Terminal;
  /** Fires when the user asks to stop; its reason is an `Interruption`. */
  readonly signal: AbortSignal;
  /** Absolute. */
  readonly currentFolder: string;
  readonly nowMs: () => number;
  /** As it was typed, `snapevo resume 3f2a`. */
  readonly command: string;
  readonly version: string;
}
