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

/** Providers that surely run where their name says, on a device that the index names. */
const placed: ReadonlySet<string> = new Set(['cpu', 'cuda', 'tensorrt']);

/**
 * Whether two devices may be one piece of hardware by two names: the CPU with another number of threads; the same index by another
 * provider, as `cuda:0` and `tensorrt:0`. WebGPU, CoreML, DirectML and others run where the driver pleases, which may be the CPU, and number
 * devices in their own way: they share with all.
 */
export function sharesHardware(one: Device, other: Device): boolean {
  if (!placed.has(one.provider) || !placed.has(other.provider)) return true;
  if (one.provider === 'cpu' || other.provider === 'cpu') return one.provider === other.provider;
  return one.index === other.index;
}
