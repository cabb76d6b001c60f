import { CommanderError } from 'commander';
import type { CliContext } from './cli-context.js';
import { createProgram } from './program.js';
import { describeError, EXIT_STATUS, exitStatusOf, formatError } from './terminal/error-report.js';
import { Interruption } from './terminal/interruption.js';

/**
 * The command line from its arguments to its exit status; never throws. Statuses: 0 success, 1 a fault of ours, 2 of the user's,
 * 128 + the signal's number after an interruption, though that was clean.
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  try {
    await createProgram(context).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    context.terminal.progress.stop();
    return reportFailure(error, context, args.includes('--json'));
  }
}

function reportFailure(error: unknown, { terminal }: CliContext, asJson: boolean): number {
  // Commander has said what there was to say.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_STATUS.userError;
  if (error instanceof Interruption) return error.exitStatus;
  terminal.note(
    asJson ? JSON.stringify({ error: describeError(error) }) : formatError(error, terminal.noteStyles),
  );
  return exitStatusOf(error);
}
