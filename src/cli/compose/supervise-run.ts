import type { RunRecord } from '../../store/run-record.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { holdRun, type Ending } from './hold-run.js';
import { outliveWorkers } from './outlive-workers.js';
import { runCommand } from './run-command.js';

/** A run that a command works on. */
export interface SupervisedRun {
  readonly store: Store;
  readonly run: RunRecord;
  readonly results: string;
  readonly asJson: boolean;
}

/**
 * Works on a run as its only writer: outlives lost workers, stores how it ended, and tells how to go on where it failed.
 * @param work begins anew each time, from what is stored
 * @param standing what is stored of the work, so that it can be told whether more came to it
 * @throws as {@link holdRun} does
 */
export function superviseRun(
  { store, run, results, asJson }: SupervisedRun,
  { terminal, signal, currentFolder }: Pick<CliContext, 'terminal' | 'signal' | 'currentFolder'>,
  work: () => Promise<Ending>,
  standing: () => string,
): Promise<Ending> {
  const onLoss = (error: Error): void => {
    terminal.progress.stop();
    terminal.note(`${error.message}. Going on with another.`);
  };
  const onFailure = (): void => {
    const command = runCommand('resume', run.id, results, currentFolder);
    terminal.progress.stop();
    terminal.note(
      `Stopped; what was done is stored, and \`${command}\` goes on from there. What went wrong:`,
    );
    if (asJson) terminal.printJson({ type: 'failed', run: run.id, resume: command });
  };
  return holdRun(store, run, signal, () => outliveWorkers(work, { standing, onLoss }), onFailure);
}
