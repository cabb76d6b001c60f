import { CommanderError } from 'commander';
import type { CliContext } from './cli-context.js';
import { createProgram } from './program.js';
import { describeError, exitStatusOf, formatError } from './terminal/error-report.js';
import { Interruption } from './terminal/interruption.js';

/**
 * The command line from its arguments to its exit status; never throws. Statuses: 0 success, 1 a fault of ours, 2 of the user's,
 * 128 + the signal's number after an interruption, though that was clean.
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  const asJson = args.includes('--json');
  try {
    await createProgram(context, asJson).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    context.terminal.progress.stop();
    return reportFailure(error, context, asJson);
  }
}

function reportFailure(error: unknown, { terminal }: CliContext, asJson: boolean): number {
  const status = exitStatusOf(error);
  if (status === 0) return status;
  if (asJson) terminal.note(JSON.stringify({ error: describeError(error) }));
  else if (!hasBeenTold(error)) terminal.note(formatError(error, terminal.noteStyles));
  return status;
}

/** Commander says what is wrong by itself, and an interruption is the user's own doing. */
function hasBeenTold(error: unknown): boolean {
  return error instanceof CommanderError || error instanceof Interruption;
}
