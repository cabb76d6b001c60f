import { resolve } from 'node:path';
import { SnapEvoError } from '../../errors/snapevo-error.js';
import type { LatencyTable } from '../../latency/latency-table.js';
import type { Device } from '../../runtime/device.js';
import type { Estimate } from '../../statistics/estimate.js';
import type { Store } from '../../store/store.js';
import type { CliContext } from '../cli-context.js';
import { namedDevices } from '../compose/describe-device.js';
import { onEachDevice, type DeviceOutcome } from '../compose/measure-devices.js';
import {
  measureOnDevice,
  tableKeyOf,
  type MeasuredTable,
  type TableSettings,
} from '../compose/measure-on-device.js';
import { openMeasuredModel, type MeasuredModel } from '../compose/measured-model.js';
import { withStore } from '../compose/open-store.js';
import { describeError, formatError } from '../terminal/error-report.js';
import { deviceLabel, formatDeviceTables } from '../views/device-tables-view.js';
import { formatMeasured } from '../views/figures.js';
import { JointProgress } from '../views/joint-progress.js';
import { LatencyProgress } from '../views/latency-progress.js';
import { formatLatencyTable } from '../views/latency-table-view.js';

export interface MeasureOptions extends TableSettings {
  /** Of the weights; undefined for those without one. */
  readonly variant?: string;
  readonly device: readonly string[];
  readonly threads: readonly number[];
  readonly parallel: boolean;
  readonly results: string;
  readonly json: boolean;
}

/** A device whose table there is. */
interface Measured extends MeasuredTable {
  readonly device: string;
}

/**
 * Measures a UNet's whole latency table on each device, but for what was measured before under the same key and was stable, and prints it;
 * tables of several devices side by side.
 * @throws what the only device threw; SnapEvoError `MEASURE_DEVICE_FAILED` when one of several did, after the others' tables are printed
 */
export async function measureModel(
  folder: string,
  options: MeasureOptions,
  context: CliContext,
): Promise<void> {
  const { currentFolder, terminal } = context;
  const results = resolve(currentFolder, options.results);
  const devices = namedDevices(options.device, options.threads);
  const model = openMeasuredModel(resolve(currentFolder, folder), results, options.variant);
  const outcomes = await withStore(results, context, (store) =>
    measureDevices(devices, model, store, options, context),
  );
  const [only, ...others] = outcomes;
  if (only !== undefined && 'error' in only && others.length === 0) throw only.error;
  if (options.json) for (const outcome of outcomes) terminal.printJson(toJson(folder, outcome));
  else printTables(outcomes, model, context);
  requireAll(outcomes);
}

async function measureDevices(
  devices: readonly Device[],
  model: MeasuredModel,
  store: Store,
  options: MeasureOptions,
  { terminal, signal }: CliContext,
): Promise<readonly DeviceOutcome<MeasuredTable>[]> {
  const { config } = model.unet;
  const keys = new Map(devices.map((device) => [deviceLabel(device), tableKeyOf(device, model, options)]));
  const joint =
    options.parallel && devices.length > 1
      ? new JointProgress(terminal, config, keys, options.calibrate)
      : undefined;
  const outcomes = onEachDevice(devices, { parallel: options.parallel, signal }, async (device) => {
    const key = tableKeyOf(device, model, options);
    const own =
      joint ??
      new LatencyProgress(terminal, config, key, {
        device: deviceLabel(device),
        networks: options.calibrate,
      });
    const measured = measureOnDevice(device, model, store, options, (entry) => {
      signal.throwIfAborted();
      own.add(entry);
    });
    return measured.finally(() => {
      if (own !== joint) own.stop();
    });
  });
  return outcomes.finally(() => joint?.stop());
}

function toJson(model: string, outcome: DeviceOutcome<MeasuredTable>): object {
  const about = { model, device: outcome.device.name, threads: outcome.device.threads ?? null };
  if ('error' in outcome) return { ...about, error: describeError(outcome.error) };
  const { table, evolvedMs } = outcome.result;
  return { ...about, ...table, ...(evolvedMs === undefined ? {} : { evolvedMs }) };
}

function printTables(
  outcomes: readonly DeviceOutcome<MeasuredTable>[],
  { unet: { config } }: MeasuredModel,
  { terminal }: CliContext,
): void {
  const { styles, noteStyles } = terminal;
  const measured = outcomes.flatMap((outcome): readonly Measured[] =>
    'error' in outcome ? [] : [{ device: deviceLabel(outcome.device), ...outcome.result }],
  );
  const [only] = measured;
  if (outcomes.length === 1 && only !== undefined)
    terminal.print(formatLatencyTable(only.table, config, styles));
  else if (measured.length > 0) terminal.print(formatDeviceTables(measured, config, styles));
  for (const { device, table, evolvedMs } of measured) {
    if (evolvedMs === undefined) continue;
    const where = outcomes.length === 1 ? '' : `${device}: `;
    terminal.print(`${where}${describeEvolved(evolvedMs, table)}`);
  }
  for (const outcome of outcomes) {
    if (!('error' in outcome)) continue;
    terminal.note(`${deviceLabel(outcome.device)}: ${formatError(outcome.error, noteStyles)}`);
  }
}

function describeEvolved(evolvedMs: Estimate, { originalMs }: LatencyTable): string {
  const share = (100 * evolvedMs.value) / originalMs.value;
  return `The network of this folder has evolved from that: ${formatMeasured(evolvedMs)} ms a step, ${share.toFixed(0)}% of the original.`;
}

function requireAll(outcomes: readonly DeviceOutcome<MeasuredTable>[]): void {
  const failed = outcomes.filter((outcome) => 'error' in outcome);
  if (failed.length === 0) return;
  throw new SnapEvoError({
    code: 'MEASURE_DEVICE_FAILED',
    message: `expected a table of each device, found none of ${failed.map(({ device }) => deviceLabel(device)).join('; ')}`,
    hint: 'The tables of the others are on standard output, and kept; `npx snapevo doctor` says what a device is missing.',
    fault: 'machine',
  });
}
