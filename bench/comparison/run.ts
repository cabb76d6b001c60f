// The architecture that a search finds beside others of the same latency, all given the same training:
// `npm run bench:comparison`. See bench/README.md.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Architecture } from '../../src/architecture/architecture.js';
import { canonicalForm, hashArchitecture } from '../../src/architecture/canonical-form.js';
import { withStore } from '../../src/cli/compose/open-store.js';
import { readSearchState } from '../../src/cli/search-run/read-search-state.js';
import type { Estimate } from '../../src/statistics/estimate.js';
import type { LatencyTable } from '../../src/search/latency-table.js';
import type { SearchPorts } from '../../src/search/ports.js';
import type { Store } from '../../src/store/store.js';
import { renderChart } from '../../src/report/render-chart.js';
import { comparisonChart } from './comparison-chart.js';
import { agreementOf, summarize, type Contestant } from './summarize.js';
import { greedyOrder, handPickedOrder, randomOrder, removedUntil, type RivalParts } from './rivals.js';
import { withBenchSearch } from '../with-bench-search.js';

const { values: options } = parseArgs({
  options: {
    config: { type: 'string', default: 'configs/emoji.yaml' },
    results: { type: 'string', default: 'results/comparison' },
    seeds: { type: 'string', default: '3' },
    random: { type: 'string', default: '10' },
    steps: { type: 'string', default: '400' },
    captions: { type: 'string', default: '256' },
    set: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'results/bench-comparison.json' },
    plot: { type: 'string', default: 'docs/images/comparison.png' },
  },
});
const results = resolve(options.results);
const steps = Number(options.steps);
const captions = Number(options.captions);
/** For the store. */
const asBenchmark = { nowMs: Date.now, command: 'npm run bench:comparison' };
/** Latencies count as the same within this share. */
const latencyShare = 0.03;

/** A search of the shipped configuration, unless it was run before. */
function search(name: string, settings: readonly string[]): void {
  const set = [`results=${results}`, `name=${name}`, ...options.set, ...settings].flatMap((each) => [
    '--set',
    each,
  ]);
  const command = ['tsx', 'src/cli/main.ts', 'search', options.config, ...set];
  const { status } = spawnSync('npx', command, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the search ended with ${status ?? 'a signal'}`);
}

const searches = [
  ...Array.from({ length: Number(options.seeds) }, (_, seed) => ({
    name: `seed-${seed}`,
    settings: [`seed=${seed}`],
  })),
  {
    name: 'without-robust-training',
    settings: ['training.skip.probability={cross-attention: 0, resnet: 0}'],
  },
];

interface Found {
  readonly name: string;
  readonly architecture: Architecture;
  readonly latencyMs: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly table: LatencyTable;
  readonly originalMs: number;
}

function readFound(store: Store): Found[] {
  return searches.flatMap(({ name }) => {
    const run = store.listRuns().find((each) => each.name === name && each.status === 'finished');
    const state = run === undefined ? undefined : readSearchState(store, run.id);
    if (run === undefined || state?.phase !== 'done') return [];
    return {
      name,
      architecture: state.chosen.architecture,
      latencyMs: state.latencyMs.value,
      seconds: (run.updatedAtMs - run.createdAtMs) / 1000,
      rounds: state.round,
      table: state.baseline.table,
      originalMs: state.baseline.latencyMs.value,
    };
  });
}

/** Measured, trained and scored ones are kept as they come. */
const known: Contestant[] = existsSync(options.out)
  ? (JSON.parse(readFileSync(options.out, 'utf8')) as { readonly contestants: Contestant[] }).contestants
  : [];

function keep(found: readonly Found[]): void {
  const seeds = known.filter(({ group }) => group === 'searched').map(({ architecture }) => architecture);
  const of = found.map(({ architecture, table: _table, ...rest }) => ({
    ...rest,
    architecture: canonicalForm(architecture),
  }));
  writeFileSync(
    options.out,
    `${JSON.stringify({ steps, captions, searches: of, agreement: agreementOf(seeds), summary: summarize(known), contestants: known }, null, 1)}\n`,
  );
}

async function compete(store: Store): Promise<void> {
  const found = readFound(store);
  const [reference] = found;
  if (reference === undefined) throw new Error('expected a finished search');
  const settings = [
    `results=${results}`,
    'name=comparison',
    `search.captionCount=${2 * captions}`,
    ...options.set,
  ];
  const bench = { config: options.config, settings };
  await withBenchSearch(store, bench, async ({ ports, original, savePretrained }, run) => {
    const pretrained = savePretrained();
    const parts: RivalParts = { original, table: reference.table, originalMs: reference.originalMs };
    const measure = async (architecture: Architecture): Promise<Estimate> => {
      const architectureHash = hashArchitecture(architecture);
      const request = { type: 'measure-architecture', architecture, architectureHash } as const;
      return (await ports.latencyMeter.measureArchitecture(request)).latencyMs;
    };
    const enter = async (name: string, group: string, architecture: Architecture): Promise<void> => {
      if (known.some((each) => each.name === name)) return;
      const latencyMs = await measure(architecture);
      const scores = await trainAndScore(ports, architecture, pretrained);
      known.push({ name, group, architecture: canonicalForm(architecture), latencyMs, scores });
      keep(found);
      const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
      console.error(`${name}: ${latencyMs.value.toFixed(2)} ms, CLIP ${mean.toFixed(4)}`);
    };
    for (const { name, architecture } of found) {
      await enter(
        name,
        name.startsWith('seed') ? 'searched' : 'searched without robust training',
        architecture,
      );
    }
    const targetMs = (await measure(reference.architecture)).value;
    const orders: [string, string, (draw: number) => string[]][] = [
      ['BK-SDM style', 'hand-picked', () => handPickedOrder(parts)],
      ['greedy by latency', 'greedy', () => greedyOrder(parts)],
      ...Array.from(
        { length: Number(options.random) },
        (_, index): [string, string, (draw: number) => string[]] => [
          `random ${index + 1}`,
          'random',
          (draw) => randomOrder(parts, index * 100 + draw),
        ],
      ),
    ];
    for (const [name, group, orderOf] of orders) {
      if (known.some((each) => each.name === name)) continue;
      await enter(name, group, await ofThatLatency(parts, orderOf, targetMs, measure));
    }
    await enter('original', 'original', original);
    keep(found);
    store.endRun(run.id, 'finished');
  });
}

/** Of the target, to make up for what the table is off. */
const shifts = [0, -0.03, 0.03, -0.06];

/** Random orders are drawn anew until one ends at that latency; of others, the target is shifted by what the table was off. */
async function ofThatLatency(
  parts: RivalParts,
  orderOf: (draw: number) => string[],
  targetMs: number,
  measure: (architecture: Architecture) => Promise<Estimate>,
): Promise<Architecture> {
  let closest: { readonly architecture: Architecture; readonly off: number } | undefined;
  for (let draw = 0; draw < 12; draw += 1) {
    const shift = shifts[draw % shifts.length] ?? 0;
    const architecture = removedUntil(
      parts,
      orderOf(Math.floor(draw / shifts.length)),
      targetMs * (1 + shift),
    );
    const { value } = await measure(architecture);
    const off = Math.abs(value / targetMs - 1);
    if (closest === undefined || off < closest.off) closest = { architecture, off };
    if (off <= latencyShare) break;
  }
  if (closest === undefined) throw new Error('expected an architecture');
  return closest.architecture;
}

/** From the pretrained weights, without skipping, the same draws for all; scored by captions that no search looked at. */
async function trainAndScore(
  { trainer, scorer }: Omit<SearchPorts, 'journal'>,
  architecture: Architecture,
  pretrained: string,
): Promise<readonly number[]> {
  let weights = pretrained;
  const stretch = { fromStep: 0, steps };
  for (let fromStep = 0; fromStep < steps; fromStep += 100) {
    const unit = { fromStep, steps: Math.min(100, steps - fromStep) };
    const request = {
      type: 'train',
      mode: 'fine-tune',
      architecture,
      weights,
      seed: 0,
      ...unit,
      stretch,
    } as const;
    ({ weights } = await trainer.train(request));
  }
  const { scores } = await scorer.score({
    ...{ type: 'score', architecture, architectureHash: hashArchitecture(architecture), weights },
    captions: { from: captions, to: 2 * captions },
  });
  return scores;
}

mkdirSync(results, { recursive: true });
const done = await withStore(results, asBenchmark, (store) =>
  Promise.resolve(readFound(store).map(({ name }) => name)),
);
for (const { name, settings } of searches.filter((each) => !done.includes(each.name))) search(name, settings);
await withStore(results, asBenchmark, compete);
writeFileSync(options.plot, renderChart(comparisonChart(summarize(known), steps), 'png'));
console.log(
  summarize(known)
    .map((line) => JSON.stringify(line))
    .join('\n'),
);
