import { SnapEvoError } from '../../errors/snapevo-error.js';
import { parseDevice } from '../../runtime/device.js';
import { deviceRemedy } from '../../runtime/device-remedy.js';
import { probeDevice } from '../../runtime/probe-device.js';
import { knownProviders } from '../../runtime/supported-device.js';
import type { CliContext } from '../cli-context.js';
import { describeMachine } from '../compose/describe-machine.js';
import { formatExamination, type DeviceFinding } from '../views/examination-view.js';

export interface DoctorOptions {
  readonly json: boolean;
}

const timeLimitMs = 30_000;

/**
 * Shows the machine and tries every provider of the runtime, one after the other, and the devices that are named.
 * @throws SnapEvoError `DEVICE_INVALID`, `DOCTOR_DEVICE_FAULTY`
 */
export async function examineMachine(
  named: readonly string[],
  { json }: DoctorOptions,
  { terminal, version }: CliContext,
): Promise<void> {
  const needed = named.length === 0 ? ['cpu'] : named;
  const names = [...new Set([...knownProviders(), ...needed])];
  const devices = names.map((name) => parseDevice(name));
  const findings: DeviceFinding[] = [];
  for (const { name, provider } of devices) {
    const probe = await probeDevice(name, timeLimitMs);
    const isNeeded = needed.includes(name);
    findings.push({ device: name, isNeeded, probe, remedy: deviceRemedy(provider) });
  }
  const examination = { machine: describeMachine(version), devices: findings };
  if (json) terminal.printJson(examination);
  else terminal.print(formatExamination(examination));
  requireNeeded(findings);
}

function requireNeeded(findings: readonly DeviceFinding[]): void {
  const faulty = findings.filter(({ isNeeded, probe }) => isNeeded && probe.outcome !== 'works');
  if (faulty.length === 0) return;
  throw new SnapEvoError({
    code: 'DOCTOR_DEVICE_FAULTY',
    message: `expected devices that work, found otherwise: ${faulty.map(({ device }) => device).join(', ')}`,
    hint: 'Standard output says what each of them is missing.',
    fault: 'machine',
  });
}
