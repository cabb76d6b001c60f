import type { SearchConfig } from '../../config/search-config.js';
import { describeDevice, deviceFingerprint } from '../../latency/device-fingerprint.js';
import { parseDevice, type Device } from '../../runtime/device.js';
import { pinnedDevice } from '../../runtime/pinned-device.js';
import { supportedDevice } from '../../runtime/supported-device.js';
import { runtimeVersion } from '../../runtime/runtime-version.js';

/** The device of that name, before anything is loaded for it. Throws `DEVICE_INVALID`, `DEVICE_UNSUPPORTED`. */
export function namedDevice(name: string, threads?: number): Device {
  return supportedDevice(parseDevice(name, threads));
}

/** The device that a config names. Throws as {@link namedDevice} does, and `DEVICE_UNPINNABLE`. */
export function configuredDevice({ name, threads, pinThreads }: SearchConfig['device']): Device {
  const device = namedDevice(name, threads ?? undefined);
  return pinThreads ? pinnedDevice(device) : device;
}

/** One line that says on what a run runs; runs are comparable where it is the same. */
export function fingerprintOf(device: Device): string {
  return deviceFingerprint(describeDevice(device, { version: runtimeVersion() }));
}
