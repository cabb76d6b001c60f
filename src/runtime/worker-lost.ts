import { SnapEvoError } from '../errors/snapevo-error.js';
import type { Device } from './device.js';

/** The thread of a device ended in the midst of things; its sessions went with it. @param lastWords what it ended with, if it said */
export function workerLost(lastWords: unknown, device: Device): SnapEvoError {
  const how = lastWords instanceof Error ? lastWords.message : 'without a word';
  return new SnapEvoError({
    code: 'DEVICE_WORKER_LOST',
    message: `expected the thread that works on the device to go on, found that it ended: ${how}`,
    where: `device ${device.name}`,
    hint: 'a search or pretraining goes on with `snapevo resume`; give any other command again',
    fault: 'internal',
    cause: lastWords,
  });
}

/** Whether a fresh worker may do what was lost with another. */
export function isWorkerLost(error: unknown): error is SnapEvoError {
  return error instanceof SnapEvoError && error.code === 'DEVICE_WORKER_LOST';
}
