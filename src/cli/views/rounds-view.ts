import type { LatencyScope } from '../../config/search-config.js';
import { formatClip } from '../../report/number-format.js';
import type { ActionRecord, RoundRecord } from '../../store/search-records.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable } from '../terminal/table.js';
import { latencyUnit } from './latency-scope.js';
import { formatEstimate, formatMeasured, shortHash } from './figures.js';

/** A line a round: what it started from, and what was done. */
export function formatRounds(
  rounds: readonly RoundRecord[],
  actions: readonly ActionRecord[],
  scope: LatencyScope,
  styles: Styles,
): string {
  return formatTable<RoundRecord>(
    [
      { heading: 'round', cell: ({ round }) => String(round), align: 'right' },
      { heading: 'network', cell: ({ architectureHash }) => shortHash(architectureHash) },
      {
        heading: `latency ${latencyUnit[scope]}`,
        cell: ({ latencyMs }) => formatMeasured(latencyMs),
        align: 'right',
      },
      { heading: 'CLIP', cell: ({ clipScore }) => formatEstimate(clipScore, formatClip), align: 'right' },
      { heading: 'budget', cell: ({ budgetMet }) => (budgetMet ? 'met' : 'not met') },
      {
        heading: 'done',
        cell: ({ round }) => describeActions(actions.filter((action) => action.round === round)),
      },
    ],
    rounds,
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}

/** What was done in a round and why, an action a line. */
export function formatActions(actions: readonly ActionRecord[], styles: Styles): string {
  return actions.map((action) => `${styles.bold(describeActions([action]))}: ${action.reason}`).join('\n');
}

function describeActions(actions: readonly ActionRecord[]): string {
  if (actions.length === 0) return 'nothing';
  return actions.map(({ kind, blocks }) => [kind, blocks.join(', ')].join(' ').trim()).join('; ');
}
