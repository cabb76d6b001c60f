import type { RunRecord } from '../../store/run-record.js';
import type { Terminal } from '../terminal/terminal.js';

/** Names the run before anything is told of it: to people, and as the first line of JSON. */
export function announceRun({ id, kind }: RunRecord, terminal: Terminal, asJson: boolean): void {
  terminal.note(`run ${id}`);
  if (asJson) terminal.printJson({ type: 'run', run: id, kind });
}
