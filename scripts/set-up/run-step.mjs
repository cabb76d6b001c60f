import { spawnSync } from 'node:child_process';
import process from 'node:process';

/**
 * Runs one step of the set-up in the checkout's root with its output shown, and ends this process with the step's
 * failure, if it fails.
 *
 * @param {string} what said before, e.g. `Compiling TypeScript`
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 */
export function runStep(what, command, args, options) {
  const startMs = performance.now();
  console.error(`[set-up] ${what} ...`);
  const result = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (result.error) console.error(`[set-up] ${command}: ${result.error.message}`);
  if (result.status !== 0) {
    console.error(`[set-up] failed: ${[command, ...args].join(' ')}`);
    process.exit(result.status ?? 1);
  }
  console.error(`[set-up] done in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
}
