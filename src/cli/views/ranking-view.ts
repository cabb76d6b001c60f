import type { LatencyScope } from '../../config/search-config.js';
import type { CandidateRecord } from '../../store/search-records.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable, type Column } from '../terminal/table.js';
import { latencyUnit } from './latency-scope.js';
import { formatEstimate, formatMeasured, formatSmall, UNKNOWN } from './figures.js';

const columns = (scope: LatencyScope): readonly Column<CandidateRecord>[] => [
  { heading: 'rank', cell: ({ rank }) => (rank === null ? UNKNOWN : String(rank)), align: 'right' },
  { heading: 'action', cell: ({ actionKind }) => actionKind },
  { heading: 'block', cell: ({ block }) => block },
  {
    heading: 'dCLIP',
    cell: ({ deltaClip }) => formatEstimate(deltaClip, (value) => value.toFixed(4)),
    align: 'right',
  },
  {
    heading: `saves ${latencyUnit[scope]}`,
    cell: ({ deltaLatencyMs }) => formatMeasured(deltaLatencyMs),
    align: 'right',
  },
  {
    heading: 'dCLIP/ms',
    cell: ({ value }) => (value === null ? UNKNOWN : formatSmall(value)),
    align: 'right',
  },
  { heading: 'images', cell: ({ imageCount }) => String(imageCount), align: 'right' },
  { heading: 'status', cell: ({ status }) => status },
  { heading: 'why', cell: ({ reason }) => reason },
];

/** Every candidate of a round in the order of its ranking, the one acted on set off. */
export function formatRanking(
  candidates: readonly CandidateRecord[],
  scope: LatencyScope,
  styles: Styles,
): string {
  const byStatus: Readonly<Record<CandidateRecord['status'], (line: string) => string>> = {
    chosen: styles.green,
    ranked: (line) => line,
    excluded: styles.dim,
  };
  return formatTable(columns(scope), candidates, (line, candidate) =>
    candidate === undefined ? styles.bold(line) : byStatus[candidate.status](line),
  );
}
