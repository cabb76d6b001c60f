import { Writable } from 'node:stream';
import type { CliContext } from '../../src/cli/cli-context.js';
import { runCli } from '../../src/cli/run-cli.js';
import { createTerminal } from '../../src/cli/terminal/terminal.js';

/** A stream that remembers what was written to it. */
export class RecordedStream extends Writable {
  readonly isTTY: boolean;
  text = '';

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

export interface Recording {
  readonly status: number;
  readonly output: string;
  readonly notes: string;
}

/** Runs the command line in this process, in a folder, without colour. */
export async function recordCli(
  args: readonly string[],
  currentFolder: string,
  parts: Partial<CliContext> = {},
): Promise<Recording> {
  const output = new RecordedStream();
  const notes = new RecordedStream();
  const nowMs = (): number => 1_800_000_000_000;
  const terminal = createTerminal({ output, notes, environment: {}, elapsedMs: nowMs });
  const signal = new AbortController().signal;
  const command = ['snapevo', ...args].join(' ');
  const context = { terminal, signal, currentFolder, nowMs, command, version: '1.2.3', ...parts };
  const status = await runCli(args, context);
  return { status, output: output.text, notes: notes.text };
}
