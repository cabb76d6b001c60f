// `npm start`: the main job. Searches from configs/emoji.yaml, then draws the frontier.
// Whatever follows `npm start --` goes to the search, e.g. `npm start -- --set seed=7`.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

process.exit(
  await runSnapEvo([
    'search',
    'configs/emoji.yaml',
    '--plot',
    'results/emoji/frontier.png',
    ...process.argv.slice(2),
  ]),
);

/**
 * Runs the built program to its end.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit status, or 128 + the signal that ended it, as a shell says it
 */
function runSnapEvo(args) {
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args], { cwd: root, stdio: 'inherit' });
  const stopListening = passSignalsTo(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      stopListening();
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/**
 * Lets the program decide what a signal means (the first Ctrl-C ends the unit of work in hand) and lives until it has.
 * A terminal sends Ctrl-C to the program itself, so passing it on would make two of one.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void} stops doing so
 */
function passSignalsTo(child) {
  const onInterrupt = () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  };
  const onTerminate = () => {
    child.kill('SIGTERM');
  };
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate);
  return () => {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate);
  };
}
