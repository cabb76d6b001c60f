import type { RunRecord } from '../../store/run-record.js';
import { formatDuration, formatTime } from '../terminal/duration.js';
import { escapeControls } from '../terminal/escape-controls.js';
import type { Styles } from '../terminal/styles.js';
import { formatPairs } from '../terminal/table.js';
import { shortInput } from './figures.js';

/**
 * What a run is, how it stands, and what it rests on.
 * @param further names and values below
 */
export function formatRunHead(
  run: RunRecord,
  lastHeardMs: number,
  further: readonly (readonly [name: string, value: string])[],
  styles: Styles,
): string {
  const span = formatDuration(lastHeardMs - run.createdAtMs);
  const note = run.statusNote === '' ? '' : `: ${escapeControls(run.statusNote)}`;
  const pairs = [
    ['status', `${run.status}${note}`],
    ['started', `${formatTime(run.createdAtMs)}, last heard of ${span} later`],
    ['device', run.deviceFingerprint],
    ...Object.entries(run.inputs).map(([name, input]) => [name, shortInput(input)] as const),
    ...further,
  ] as const;
  return `${styles.bold(run.id)} (${run.kind})\n${formatPairs(pairs, '  ')}`;
}
