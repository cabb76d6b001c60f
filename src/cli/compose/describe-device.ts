import type { SearchConfig } from '../../config/search-config.js';
import { describeDevice, deviceFingerprint } from '../../latency/device-fingerprint.js';
import { parseDevice, type Device } from '../../runtime/device.js';
import { runtimeVersion } from '../../runtime/runtime-version.js';

/** The device that a config names. Throws `DEVICE_INVALID`. */
export function configuredDevice({ name, threads }: SearchConfig['device']): Device {
  return parseDevice(name, threads ?? undefined);
}

/** One line that says on what a run runs; runs are comparable where it is the same. */
export function fingerprintOf(device: Device): string {
  return deviceFingerprint(describeDevice(device, { version: runtimeVersion() }));
}
