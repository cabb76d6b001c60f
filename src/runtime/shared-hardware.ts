import type { Device } from './device.js';

/** Devices in waves, one after the other: those of a wave may be measured at once, for none shares hardware with another. */
export function wavesOfDevices(devices: readonly Device[]): readonly (readonly Device[])[] {
  const waves: Device[][] = [];
  for (const device of devices) {
    const wave = waves.find((others) => !others.some((other) => sharesHardware(device, other)));
    if (wave === undefined) waves.push([device]);
    else wave.push(device);
  }
  return waves;
}

/**
 * Whether two devices may be one piece of hardware by two names: the CPU with another number of threads; the same index by another
 * provider, as `cuda:0` and `tensorrt:0`. WebGPU is whatever the driver makes of it, on SwiftShader the CPU, on others some GPU.
 */
export function sharesHardware(one: Device, other: Device): boolean {
  const providers = [one.provider, other.provider];
  if (providers.includes('webgpu')) return true;
  if (providers.includes('cpu')) return one.provider === other.provider;
  return one.index === other.index;
}
