// The process that does a round for run.ts, without measuring latencies: `round-side.ts key=value...`, overrides of round.yaml. Prints a line of JSON.
import { loadConfig } from '../../src/config/load-config.js';
import { searchConfigSchema } from '../../src/config/search-config.js';
import { repositoryPath } from '../part.js';
import { freshHost } from '../round/fresh-host.js';
import { runRound } from '../round/run-round.js';
import type { RoundTimes } from './round-times.js';

const config = loadConfig(searchConfigSchema, repositoryPath('bench/mid-size/round.yaml'), {
  settings: process.argv.slice(2),
  currentFolder: repositoryPath('.'),
});
const host = await freshHost(config.device.threads ?? undefined);
const { ms, openingMs, runningMs, loadingMs } = await runRound(host, config);
await host.close();
console.log(JSON.stringify({ ms, openingMs, runningMs, loadingMs } satisfies RoundTimes));
