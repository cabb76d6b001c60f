#!/usr/bin/env node
import { runCli } from './run-cli.js';
import { listenForInterruption } from './terminal/interruption.js';
import { createTerminal } from './terminal/terminal.js';
import { readVersion } from './version.js';

for (const stream of [process.stdout, process.stderr]) stream.on('error', goOnWhenNobodyReads);

const terminal = createTerminal({
  output: process.stdout,
  notes: process.stderr,
  input: process.stdin,
  environment: process.env,
  elapsedMs: () => performance.now(),
});
const interruption = listenForInterruption(process, () => {
  terminal.note('Stopping after the unit of work in hand. Once more stops at once; what is stored is safe.');
});

const args = process.argv.slice(2);
process.exitCode = await runCli(args, {
  terminal,
  signal: interruption.signal,
  currentFolder: process.cwd(),
  nowMs: Date.now,
  command: ['snapevo', ...args].join(' '),
  version: readVersion(),
});
interruption.stopListening();

/** As in `snapevo list | head -1`, or when the terminal was closed: a search of days doesn't end because nobody watches. */
function goOnWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
}
