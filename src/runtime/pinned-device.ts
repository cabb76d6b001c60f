import { readFileSync } from 'node:fs';
import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Device } from './device.js';

/**
 * The device with every thread of its sessions but the calling one bound to a processor of its own, as far as there are
 * enough. Where the runtime chooses the number of threads it does that by itself, and the device is left as it is.
 * @param status of the process, as `/proc/self/status` has it
 * @throws SnapEvoError `DEVICE_UNPINNABLE` where the system does not say which processors the process may use
 */
export function pinnedDevice(device: Device, status = readStatus()): Device {
  const { provider, threads } = device;
  if (provider !== 'cpu' || threads === undefined) return device;
  const allowed = parseProcessors(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
  if (allowed.length === 0) throw unpinnable(device);
  const processors = Array.from({ length: threads - 1 }, (_, i) => allowed[(i + 1) % allowed.length] ?? 0);
  return { ...device, processors };
}

/** `0-2,5` is 0, 1, 2, 5. */
function parseProcessors(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined || last === undefined) return [];
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, offset) => Number(first) + offset);
  });
}

/** Of Linux alone. */
function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

function unpinnable({ name }: Device): SnapEvoError {
  return new SnapEvoError({
    code: 'DEVICE_UNPINNABLE',
    message: 'expected a system that says which processors this process may use, as Linux does',
    where: name,
    hint: 'leave device.pinThreads out',
  });
}
