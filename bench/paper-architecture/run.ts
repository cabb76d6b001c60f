// SnapFusion's published architecture beside the original, turn about, and what its stages cost:
// `npx tsx bench/paper-architecture/run.ts PIPELINE [--table TABLE.json]`. See bench/README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Architecture } from '../../src/architecture/architecture.js';
import type { BlockKind } from '../../src/architecture/block.js';
import { canonicalForm } from '../../src/architecture/canonical-form.js';
import { medianInterval, pairwiseRatios } from '../../src/latency/latency-statistics.js';
import { sumMs, type LatencyTable } from '../../src/latency/latency-table.js';
import { openModel } from '../../src/model/model-folder.js';
import { unetKind } from '../../src/model/model-kind.js';
import { parameterCount } from '../../src/model/parameter-count.js';
import { unetArchitecture } from '../../src/model/unet-architecture.js';
import { unetBlocks } from '../../src/model/unet-layout.js';
import { unetParameters } from '../../src/model/unet.js';
import { renderStageCosts } from '../../src/report/render-stage-costs.js';
import type { StageCost } from '../../src/report/stage-costs.js';
import { parseDevice } from '../../src/runtime/device.js';
import { DeviceHost } from '../../src/runtime/device-host.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import { openStep, stepInputs } from '../full-size/workload.js';
import { publishedArchitecture, publishedSpeedups, publishedStages } from './published.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    threads: { type: 'string', default: String(cpus().length) },
    table: { type: 'string' },
    out: { type: 'string', default: 'results/bench-paper-architecture.json' },
    plot: { type: 'string', default: 'docs/images/stage-costs.png' },
  },
});
const [pipeline] = positionals;
if (pipeline === undefined)
  throw new Error('expected the folder of a pipeline; make-random-pipeline.ts writes one');
const model = openModel(unetKind, join(pipeline, 'unet'));
const original = unetArchitecture(model.config);
const evolved = publishedArchitecture(original);
const rounds = Number(options.rounds);

/** Times of both, round by round, every round in the opposite order to the last. */
async function timeInTurn(architectures: readonly Architecture[]): Promise<number[][]> {
  const host = new DeviceHost(parseDevice('cpu', Number(options.threads)));
  const sessions = await Promise.all(architectures.map((each) => openStep(host, model, each)));
  const inputs = stepInputs();
  for (const session of sessions) await session.time(inputs);
  const times: number[][] = sessions.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    const order = [...sessions.keys()];
    for (const index of round % 2 === 0 ? order : order.toReversed()) {
      times[index]?.push((await sessions[index]?.time()) ?? Number.NaN);
    }
    console.error(
      `round ${round + 1} of ${rounds}: ${times.map((each) => each.at(-1)?.toFixed(0)).join(', ')} ms`,
    );
  }
  await host.close();
  return times;
}

/** What a table says of each of the paper's stages, as Figure 2 of the paper has it. */
function stageCosts({ rows }: LatencyTable): StageCost[] {
  return publishedStages.map(({ name, channels, stages }) => {
    const sum = (kind: BlockKind): number => {
      const own = unetBlocks(model.config).filter(
        (block) => block.kind === kind && stages.includes(block.stage),
      );
      const ids = new Set(own.map(({ id }) => id));
      return rows.reduce((total, { block, presentMs }) => total + (ids.has(block) ? presentMs.value : 0), 0);
    };
    return { stage: `${name} (${channels})`, attentionMs: sum('cross-attention'), resnetMs: sum('resnet') };
  });
}

const inWords = ({ value, low, high }: Estimate, digits: number): string =>
  `${value.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;

const table =
  options.table === undefined ? undefined : (JSON.parse(readFileSync(options.table, 'utf8')) as LatencyTable);
const loadBefore = loadavg()[0];
const [originalMs = [], evolvedMs = []] = await timeInTurn([original, evolved]);
const measured = {
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, loadBefore },
  threads: Number(options.threads),
  rounds,
  architecture: canonicalForm(evolved),
  parameters: [original, evolved].map((each) => parameterCount(unetParameters(model.config, each))),
  originalMs: medianInterval(originalMs),
  evolvedMs: medianInterval(evolvedMs),
  speedup: medianInterval(pairwiseRatios(originalMs, evolvedMs)),
  publishedSpeedups,
  ...(table === undefined ? {} : { predictedMs: sumMs(table, evolved), stageCosts: stageCosts(table) }),
  samplesMs: { original: originalMs, evolved: evolvedMs },
};
writeFileSync(options.out, `${JSON.stringify(measured, null, 1)}\n`);
if (measured.stageCosts !== undefined) {
  writeFileSync(options.plot, renderStageCosts(measured.stageCosts, 'png'));
  console.log('| stage | cross-attention, ms | ResNets, ms |\n|---|---|---|');
  for (const { stage, attentionMs, resnetMs } of measured.stageCosts) {
    console.log(`| ${stage} | ${attentionMs.toFixed(0)} | ${resnetMs.toFixed(0)} |`);
  }
}
console.log('\n| | M parameters | ms a step | original / evolved |\n|---|---|---|---|');
const [before = 0, after = 0] = measured.parameters.map((count) => count / 1e6);
console.log(`| original | ${before.toFixed(2)} | ${inWords(measured.originalMs, 0)} | |`);
console.log(
  `| evolved | ${after.toFixed(2)} | ${inWords(measured.evolvedMs, 0)} | ${inWords(measured.speedup, 2)} |`,
);
for (const [device, ratio] of Object.entries(publishedSpeedups))
  console.log(`| paper, ${device} | | | ${ratio} |`);
if (measured.predictedMs !== undefined)
  console.log(`\nThe table predicts ${measured.predictedMs.toFixed(0)} ms.`);
