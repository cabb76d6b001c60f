import type { CliContext } from '../cli-context.js';
import { runCommand } from './run-command.js';
import type { Ending } from './hold-run.js';

/** Tells how to go on, where a run was interrupted, and ends the command as the interruption wants. */
export function settleEnding(
  ending: Ending,
  runId: string,
  results: string,
  { terminal, signal, currentFolder }: Pick<CliContext, 'terminal' | 'signal' | 'currentFolder'>,
  asJson: boolean,
): void {
  if (ending === 'finished') return;
  const command = runCommand('resume', runId, results, currentFolder);
  terminal.note(`Interrupted; what was done is stored. \`${command}\` goes on.`);
  if (asJson) terminal.printJson({ type: 'interrupted', run: runId, resume: command });
  signal.throwIfAborted();
}
