import type { DeviceProbe } from '../../runtime/probe-device.js';
import type { MachineDescription } from '../compose/describe-machine.js';
import { formatPairs } from '../terminal/table.js';

/** How a device was found. */
export interface DeviceFinding {
  /** As the user names it. */
  readonly device: string;
  /** Whether somebody counts on it. */
  readonly isNeeded: boolean;
  readonly probe: DeviceProbe;
  /** What its provider needs; null where that is not known. */
  readonly remedy: string | null;
}

export interface Examination {
  readonly machine: MachineDescription;
  readonly devices: readonly DeviceFinding[];
}

/** The machine, then each device with what it is missing. */
export function formatExamination({ machine, devices }: Examination): string {
  const machineLines = formatPairs([
    ['snapevo', machine.snapevo],
    ['node', machine.node],
    ['onnxruntime', machine.onnxruntime],
    ['system', machine.system],
    ['cpu', `${machine.cpuModel}, ${machine.cores} cores`],
    ['extensions', machine.vectorExtensions.join(' ')],
    ['memory', `${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`],
  ]);
  return [machineLines, '', ...devices.flatMap(deviceLines)].join('\n');
}

function deviceLines({ device, probe, remedy }: DeviceFinding): readonly string[] {
  if (probe.outcome === 'works') return [`${device}: works`];
  const reason = probe.reason.trim().replace(/\s+/g, ' ');
  return [`${device}: ${probe.outcome}: ${reason}`, ...(remedy === null ? [] : [`  ${remedy}`])];
}
