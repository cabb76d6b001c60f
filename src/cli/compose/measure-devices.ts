import { wavesOfDevices } from '../../runtime/shared-hardware.js';
import type { Device } from '../../runtime/device.js';

/** What came of a device. */
export type DeviceOutcome<Result> =
  { readonly device: Device; readonly result: Result } | { readonly device: Device; readonly error: unknown };

/**
 * Does the same on each device; what fails on one keeps none of the others from it. One device after the other unless `parallel`, which
 * has those that share no hardware work at once.
 * @returns in the order of the devices
 * @throws the signal's reason when aborted
 */
export async function onEachDevice<Result>(
  devices: readonly Device[],
  { parallel, signal }: { readonly parallel: boolean; readonly signal: AbortSignal },
  work: (device: Device) => Promise<Result>,
): Promise<readonly DeviceOutcome<Result>[]> {
  const waves = parallel ? wavesOfDevices(devices) : devices.map((device) => [device]);
  const outcomes = new Map<Device, DeviceOutcome<Result>>();
  for (const wave of waves) {
    const settled = wave.map(async (device) => {
      outcomes.set(device, await outcomeOf(device, () => work(device)));
    });
    await Promise.all(settled);
    signal.throwIfAborted();
  }
  return devices.flatMap((device) => outcomes.get(device) ?? []);
}

async function outcomeOf<Result>(
  device: Device,
  work: () => Promise<Result>,
): Promise<DeviceOutcome<Result>> {
  try {
    return { device, result: await work() };
  } catch (error) {
    return { device, error };
  }
}
