import type { CliContext } from '../cli-context.js';
import type { Ending } from './hold-run.js';

/** Tells how to go on, where a run was interrupted, and ends the command as the interruption wants. */
export function settleEnding(
  ending: Ending,
  runId: string,
  { terminal, signal }: Pick<CliContext, 'terminal' | 'signal'>,
): void {
  if (ending === 'finished') return;
  terminal.note(`Interrupted; what was done is stored. \`snapevo resume ${runId}\` goes on.`);
  signal.throwIfAborted();
}
