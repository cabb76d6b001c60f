// What both sides of the round do is written here, in a process of its own, whose memory is no side's: `prepare.ts FOLDER THREADS [key=value...]`.
import { writePictureWorkload } from '../pipeline/workload.js';
import { freshHost } from './fresh-host.js';
import { writePlan } from './plan.js';
import { roundConfig } from './round-config.js';
import { runRound } from './run-round.js';

const [folder = '', threads = '2', ...set] = process.argv.slice(2);
const config = roundConfig(folder, Number(threads), set);
const { steps, guidanceScale, batch } = config.evaluation;
writePictureWorkload(folder, { captions: config.search.captionCount, steps, guidanceScale, batch });
// a round beforehand tells the peer what to do
const host = await freshHost(Number(threads));
const round = await runRound(host, config);
await host.close();
await writePlan(folder, config, round);
