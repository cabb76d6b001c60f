import type { SpawnSettings } from '../cli/built-cli.js';
import { planVariable, type FaultPlan } from './break-worker.js';

// What `--import tsx` does is done in the main thread alone.
const tsx = new URL('../../node_modules/tsx/dist/esm/api/index.mjs', import.meta.url).href;

/** Has the built program, and each of its threads, load a module of this folder before anything else. */
function preloaded(module: string): SpawnSettings {
  const url = new URL(module, import.meta.url).href;
  const source = `import { register } from ${JSON.stringify(tsx)}; register(); await import(${JSON.stringify(url)});`;
  return { nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(source)}`] };
}

/** The built program with workers that break; its heaps are small, so that they are soon full. */
export function breakingWorkers(plan: FaultPlan): SpawnSettings {
  const { nodeOptions = [] } = preloaded('break-worker.ts');
  return {
    nodeOptions: ['--max-old-space-size=128', ...nodeOptions],
    environment: { [planVariable]: JSON.stringify(plan) },
  };
}

/** The built program with a clock that goes back all the time. */
export const backwardClock: SpawnSettings = preloaded('backward-clock.ts');

/** The built program with a store that waits for locks half a second instead of ten. */
export const impatientStore: SpawnSettings = preloaded('impatient-store.ts');
