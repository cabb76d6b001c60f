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

/**
 * The devices of those names, each once: the CPU with each number of threads, others, of whose own threads that says nothing, with the first.
 * Throws as {@link namedDevice} does.
 */
export function namedDevices(names: readonly string[], threads: readonly number[]): readonly Device[] {
  const devices = names.flatMap((name) => {
    const device = namedDevice(name, threads[0]);
    return device.provider === 'cpu' && threads.length > 0
      ? threads.map((count) => ({ ...device, threads: count }))
      : [device];
  });
  return [...new Map(devices.map((device) => [`${device.name} ${device.threads ?? ''}`, device])).values()];
}

/** The device that a config names. Throws as {@link namedDevice} does, and `DEVICE_UNPINNABLE`. */
export function configuredDevice({ name, threads, pinThreads }: SearchConfig['device']): Device {
  const device = namedDevice(name, threads ?? undefined);
  return pinThreads ? pinnedDevice(device) : device;
}

/**
 * One line that says on what a run runs; runs are comparable where it is the same. A GPU is named by its provider and number alone: onnxruntime-node
 * tells of none what it calls itself. WebGPU's provider knows its adapter, and the binding has no way to ask for it. So another card, another
 * driver or SwiftShader instead of a card is not seen by the fingerprint, and whoever changes it has to measure anew (`--remeasure`).
 */
export function fingerprintOf(device: Device): string {
  return deviceFingerprint(describeDevice(device, { version: runtimeVersion() }));
}
