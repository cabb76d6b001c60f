import { cpus } from 'node:os';
import type { SearchConfig } from '../../config/search-config.js';

/** The device of a run, for people: its name and, of a CPU, its model and threads. */
export function describeDevice({ name, threads }: SearchConfig['device']): string {
  if (name !== 'cpu') return name;
  const [first] = cpus();
  return `cpu, ${first?.model.trim() ?? 'unknown model'}, ${threads ?? 'default'} threads`;
}
