import type { Clock } from './clock.js';
import { isBusyWithOthers, machineWarnings, type MachineWarning } from './machine-warnings.js';

/** Says what is wrong with the machine since the watch began, given how long a reference took all the while. */
export type MachineWatch = (referenceMs: readonly number[]) => MachineWarning[];

export function watchMachine({ cpuTimes }: Clock): MachineWatch {
  const before = cpuTimes?.();
  return (referenceMs) => {
    const after = cpuTimes?.();
    const isBusy = before !== undefined && after !== undefined && isBusyWithOthers(before, after);
    const found = machineWarnings(referenceMs);
    return isBusy && !found.includes('busy-machine') ? [...found, 'busy-machine'] : found;
  };
}
