import { groupBy } from '../../data/group-by.js';
import { describeLatencySummary, methodNames, summarizeLatencyTable } from '../../latency/latency-summary.js';
import type { LatencyTable, LatencyTableRow } from '../../latency/latency-table.js';
import { blockSites, type BlockSite } from '../../model/unet-layout.js';
import type { UNetConfig } from '../../model/unet-config.js';
import type { Device } from '../../runtime/device.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable, type Column } from '../terminal/table.js';
import { formatMeasured, UNKNOWN } from './figures.js';

/** A device's table, under the name that the user knows the device by. */
export interface DeviceTable {
  readonly device: string;
  readonly table: LatencyTable;
}

/** `cpu, 2 threads`, `webgpu`: threads are the CPU's alone. */
export function deviceLabel({ name, provider, threads }: Device): string {
  if (provider !== 'cpu' || threads === undefined) return name;
  return `${name}, ${threads === 1 ? '1 thread' : `${threads} threads`}`;
}

/** Tables of one UNet on several devices: every block in the order it runs, its time and its share of each device's step. */
export function formatDeviceTables(
  tables: readonly DeviceTable[],
  config: UNetConfig,
  styles: Styles,
): string {
  const columns: readonly Column<BlockSite>[] = [
    { heading: 'block', cell: ({ id }) => id },
    { heading: 'kind', cell: ({ kind }) => kind },
    ...tables.flatMap(deviceColumns),
  ];
  const lines = formatTable(columns, blockSites(config), (line, site) =>
    site === undefined ? styles.bold(line) : line,
  );
  return [lines, ...tables.map((each) => describeTable(each, styles))].join('\n\n');
}

function deviceColumns({ device, table }: DeviceTable): readonly Column<BlockSite>[] {
  const rows = groupBy(table.rows, ({ block }) => block);
  const cell =
    (format: (row: LatencyTableRow) => string) =>
    ({ id }: BlockSite): string => {
      const [row] = rows.get(id) ?? [];
      return row === undefined ? UNKNOWN : format(row);
    };
  const share = ({ presentMs }: LatencyTableRow): string =>
    `${((100 * presentMs.value) / table.originalMs.value).toFixed(1)}%`;
  return [
    { heading: `${device} ms`, cell: cell(({ presentMs }) => formatMeasured(presentMs)), align: 'right' },
    { heading: 'of the step', cell: cell(share), align: 'right' },
  ];
}

function describeTable({ device, table }: DeviceTable, styles: Styles): string {
  const lines = [
    `${table.key.deviceFingerprint}; blocks ${methodNames[table.method]}`,
    ...describeLatencySummary(summarizeLatencyTable(table)),
  ];
  return [styles.bold(device), ...lines.map((line) => `  ${line}`)].join('\n');
}
