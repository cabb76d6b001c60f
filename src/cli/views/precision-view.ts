import type { Int8Loss } from '../../evaluation/score-int8-blocks.js';
import type { Int8Latency } from '../../latency/measure-int8-blocks.js';
import type { Estimate } from '../../statistics/estimate.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable, type Column } from '../terminal/table.js';
import { formatEstimate, formatMeasured } from './figures.js';

/** A block in both precisions. */
export interface PrecisionRow extends Int8Latency {
  /** Null where it was not scored. */
  readonly clipLoss: Estimate | null;
}

/** Blocks with what their scores are; those that the network lacks have none. */
export function precisionRows(
  latencies: readonly Int8Latency[],
  losses: readonly Int8Loss[],
): readonly PrecisionRow[] {
  const lossOf = new Map(losses.map(({ block, clipLoss }) => [block, clipLoss]));
  return latencies.map((each) => ({ ...each, clipLoss: lossOf.get(each.block) ?? null }));
}

/** For a person: every block in the order it runs; those that int8 makes faster beyond the noise stand out. */
export function formatPrecisions(rows: readonly PrecisionRow[], styles: Styles): string {
  const columns: readonly Column<PrecisionRow>[] = [
    { heading: 'block', cell: ({ block }) => block },
    { heading: 'fp32 ms', cell: ({ float32Ms }) => formatMeasured(float32Ms), align: 'right' },
    { heading: 'int8 ms', cell: ({ int8Ms }) => formatMeasured(int8Ms), align: 'right' },
    { heading: 'int8 saves ms', cell: ({ savingMs }) => formatMeasured(savingMs), align: 'right' },
    {
      heading: 'int8 costs CLIP',
      cell: ({ clipLoss }) => formatEstimate(clipLoss, (value) => value.toFixed(4)),
      align: 'right',
    },
    { heading: 'warnings', cell: ({ warnings }) => warnings.join(', ') },
  ];
  return formatTable(columns, rows, (line, row) => {
    if (row === undefined) return styles.bold(line);
    return row.savingMs.low > 0 ? line : styles.dim(line);
  });
}
