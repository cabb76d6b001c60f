import { listSupportedBackends } from 'onnxruntime-node';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Device } from './device.js';

/** Names of the execution providers that this build of ONNX Runtime knows. */
export function knownProviders(): readonly string[] {
  return listSupportedBackends().map(({ name }) => name);
}

/**
 * The device, if this build of ONNX Runtime knows its provider. Whether the device itself is there is only found when it
 * is first used. Throws `DEVICE_UNSUPPORTED`.
 */
export function supportedDevice(device: Device): Device {
  const known = knownProviders();
  if (known.includes(device.provider)) return device;
  throw new SnapEvoError({
    code: 'DEVICE_UNSUPPORTED',
    message: `expected a device that ONNX Runtime has a provider for here (${known.join(', ')}), found "${device.name}"`,
    where: 'device',
  });
}
