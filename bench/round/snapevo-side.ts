// The process that does a round of the search with SnapEvo: `snapevo-side.ts FOLDER THREADS [key=value...]`, overrides of the configuration. Spoken to by ../side.ts.
import { execFileSync } from 'node:child_process';
import type { DeviceHost } from '../../src/runtime/device-host.js';
import { ourProgram } from '../part.js';
import { serveSide } from '../serve-side.js';
import { freshHost } from './fresh-host.js';
import { roundConfig } from './round-config.js';
import { runRound, type RoundFigures } from './run-round.js';

const [folder = '', threads = '2', ...set] = process.argv.slice(2);
const config = roundConfig(folder, Number(threads), set);
const rounds: RoundFigures[] = [];
let host: DeviceHost | undefined;

async function ready(): Promise<void> {
  host = await freshHost(Number(threads));
}

async function take(): Promise<void> {
  if (host === undefined) throw new Error('no host is ready');
  rounds.push(await runRound(host, config));
  await host.close();
}

function prepare(): Promise<void> {
  const { command, args } = ourProgram('preparation', 'round/prepare.ts', process.argv.slice(2));
  execFileSync(command, [...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  return Promise.resolve();
}

await serveSide({
  prepare,
  ready,
  take,
  results: () => {
    const { losses = [], scores = [] } = rounds.at(-1) ?? {};
    return [...losses, ...scores];
  },
  facts: () =>
    Promise.resolve({
      shares: rounds.map(({ ms, openingMs, runningMs, loadingMs }) => ({
        ms,
        openingMs,
        runningMs,
        loadingMs,
      })),
    }),
});
