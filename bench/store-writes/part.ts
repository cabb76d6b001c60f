import { benchPath, ourProgram, type Part } from '../part.js';
import { workload } from './workload.js';

/** Each step is two transactions that wait for the disk. */
export const storeWrites: Part = {
  name: 'store-writes',
  title: 'an event with a state of 20 kB and 16 scores stored, in two transactions that wait for the disk',
  rounds: 12,
  stepsPerUnit: 100,
  tolerance: 0,
  write: () => undefined,
  ours: (folder) => [
    { command: ourProgram('SnapEvo', 'store-writes/snapevo-side.ts', [folder]), settings: {} },
  ],
  peer: (folder, { python }) => ({
    command: {
      name: 'Python’s sqlite3, written plainly',
      command: python,
      args: [benchPath('peers/sqlite_store_writes.py'), folder, JSON.stringify(workload)],
    },
    settings: {},
  }),
};
