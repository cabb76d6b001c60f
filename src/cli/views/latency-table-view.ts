import { describeLatencySummary, summarizeLatencyTable } from '../../latency/latency-summary.js';
import type { LatencyTable, LatencyTableRow } from '../../latency/latency-table.js';
import { blockSites } from '../../model/unet-layout.js';
import type { UNetConfig } from '../../model/unet-config.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable, type Column } from '../terminal/table.js';
import { formatMeasured, UNKNOWN } from './figures.js';

/** A latency table for a person: every block in the order it runs, then what it sums up to. */
export function formatLatencyTable(table: LatencyTable, config: UNetConfig, styles: Styles): string {
  const kinds = new Map(blockSites(config).map(({ id, kind }) => [id, kind]));
  const whole = table.originalMs.value;
  const columns: readonly Column<LatencyTableRow>[] = [
    { heading: 'block', cell: ({ block }) => block },
    { heading: 'kind', cell: ({ block }) => kinds.get(block) ?? UNKNOWN },
    {
      heading: 'inside ms',
      cell: ({ inNetwork }) => formatMeasured(inNetwork?.presentMs ?? null),
      align: 'right',
    },
    { heading: 'alone ms', cell: ({ isolated }) => formatMeasured(isolated.presentMs), align: 'right' },
    { heading: 'removal saves ms', cell: ({ savingMs }) => formatMeasured(savingMs), align: 'right' },
    { heading: 'of the step', cell: ({ savingMs }) => percent(savingMs.value / whole), align: 'right' },
    { heading: 'warnings', cell: ({ evidence }) => evidence.warnings.join(', ') },
  ];
  const lines = formatTable(columns, table.rows, (line, row) => {
    if (row === undefined) return styles.bold(line);
    return row.isAboveNoise ? line : styles.dim(line);
  });
  return [lines, '', ...describeLatencySummary(summarizeLatencyTable(table))].join('\n');
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
