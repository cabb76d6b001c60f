// How much is survived of what kills, tears and many readers do to searches: `npm run reliability`. See docs/reliability.md.
// The exit status is 1 where anything was lost.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { replaceFile } from '../../src/files/replace-file.js';
import { hashedGenerator } from '../../src/random/hashed-generator.js';
import { TinyProject } from '../cli/tiny-project.js';
import { killMigration } from './killed-migration.js';
import { killPlot } from './killed-plot.js';
import { killSearch, outcomeOf, searchWhole } from './killed-search.js';
import { soak } from './soak.js';
import { isLost } from './tears.js';
import { interruptSearch, runTears, tearRun, type RunTear } from './torn-runs.js';
import { tearStores } from './torn-stores.js';

const partNames = ['kills', 'migrations', 'plots', 'torn-stores', 'torn-runs', 'soak'] as const;
type PartName = (typeof partNames)[number];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: partNames.join(',') },
    kills: { type: 'string', default: '200' },
    'kills-per-search': { type: 'string', default: '8' },
    tears: { type: 'string', default: '200' },
    'run-tears': { type: 'string', default: '6' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'results/reliability.json' },
  },
});
const only = options.only.split(',');
const unknown = only.filter((name) => !partNames.some((known) => known === name));
if (unknown.length > 0) {
  console.error(`--only: expected some of ${partNames.join(',')}, found ${unknown.join(',')}`);
  process.exit(2);
}
const seed = Number(options.seed);
const folder = mkdtempSync(join(tmpdir(), 'snapevo-reliability-'));

/** Parts that are not run keep their figures. */
function keep(part: string, figures: object): void {
  const known = existsSync(options.out) ? (JSON.parse(readFileSync(options.out, 'utf8')) as object) : {};
  const made = { madeAt: new Date().toISOString(), seed, ...figures };
  replaceFile(options.out, `${JSON.stringify({ ...known, [part]: made }, null, 1)}\n`);
  console.log(`${part}: ${JSON.stringify(figures)}`);
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}

function lostIn(tears: readonly { readonly outcomes: Readonly<Record<string, number>> }[]): number {
  const counts = tears.flatMap(({ outcomes }) => Object.entries(outcomes));
  return counts.reduce((sum, [outcome, count]) => sum + (isLost(outcome) ? count : 0), 0);
}

async function killSearches(project: TinyProject): Promise<number> {
  const [total, perSearch] = [Number(options.kills), Number(options['kills-per-search'])];
  const phases: string[] = [];
  const lost: string[] = [];
  let searches = 0;
  while (phases.length < total) {
    searches += 1;
    const [results, whole] = [`killed-${searches}`, `whole-${searches}`];
    const drawn = { seed: seed + searches, kills: Math.min(perSearch, total - phases.length) };
    const random = hashedGenerator(`${seed} search ${searches}`);
    try {
      const { runId, kills } = await killSearch(project, results, { ...drawn, random });
      phases.push(...kills.map(({ phase }) => phase));
      const reference = await searchWhole(project, { from: results, to: whole, seed: drawn.seed });
      const found = outcomeOf(project, results, runId);
      if (!isDeepStrictEqual(found, outcomeOf(project, whole, reference))) lost.push(results);
    } catch (error) {
      lost.push(`${results}: ${String(error)}`);
    }
    const byPhase = countBy(phases, (phase) => phase);
    keep('kills', { kills: phases.length, searches, survived: searches - lost.length, lost, byPhase });
    if (lost.length > 10) break;
    for (const name of lost.length === 0 ? [results, whole] : []) {
      rmSync(join(project.folder, name), { recursive: true, force: true });
    }
  }
  return lost.length;
}

async function killMigrations(): Promise<number> {
  let [hits, lost] = [0, 0];
  for (let index = 0; index < 20; index++) {
    const random = hashedGenerator(`${seed} migration ${index}`);
    const one = await killMigration(join(folder, `migration-${index}`), random);
    hits += one.hit ? 1 : 0;
    lost += one.lost > 0 ? 1 : 0;
  }
  keep('migrations', { kills: 20, whileMigrating: hits, lost });
  return lost;
}

async function killPlots(project: TinyProject): Promise<number> {
  const runId = await searchWhole(project, { from: 'results', to: 'plotted', seed });
  let [hits, lost] = [0, 0];
  for (let index = 0; index < 20; index++) {
    const one = await killPlot(
      project,
      { results: 'plotted', runId },
      hashedGenerator(`${seed} plot ${index}`),
    );
    hits += one.hit ? 1 : 0;
    lost += one.lost ? 1 : 0;
  }
  keep('plots', { kills: 20, whilePlotting: hits, lost });
  return lost;
}

function tearAllStores(): Promise<number> {
  const tears = tearStores(join(folder, 'torn-stores'), Number(options.tears), seed);
  keep('torn-stores', { tears });
  return Promise.resolve(lostIn(tears));
}

async function tearRuns(project: TinyProject): Promise<number> {
  const whole = await searchWhole(project, { from: 'results', to: 'uninterrupted', seed });
  // what is measured anew is decided anew
  project.copyLatencies('uninterrupted', 'interrupted');
  const runId = await interruptSearch(project, { results: 'interrupted', copy: 'looked-at', seed });
  const decisions = project.decisionsOf('uninterrupted', whole);
  const tears = [];
  for (const tear of Object.keys(runTears) as RunTear[]) {
    const outcomes = [];
    for (let index = 0; index < Number(options['run-tears']); index++) {
      const random = hashedGenerator(`${seed} ${tear} ${index}`);
      const copy = `torn, ${tear} ${index}`;
      const run = { results: 'interrupted', runId, decisions };
      outcomes.push(await tearRun(project, run, { tear, copy, random }));
    }
    tears.push({ tear, outcomes: countBy(outcomes, (outcome) => outcome) });
    keep('torn-runs', { tears });
  }
  return lostIn(tears);
}

async function soakFolder(project: TinyProject): Promise<number> {
  const soaked = await soak(project, Number(options.minutes), (done) => {
    console.error(`soaked for ${done.toFixed(1)} minutes`);
  });
  keep('soak', soaked);
  return soaked.failures.length;
}

/** Each resolves to how often something was lost. */
const parts: Readonly<Record<PartName, (project: TinyProject) => Promise<number>>> = {
  kills: killSearches,
  migrations: killMigrations,
  plots: killPlots,
  'torn-stores': tearAllStores,
  'torn-runs': tearRuns,
  soak: soakFolder,
};

const project = await TinyProject.make(join(folder, 'tiny'));
let lost = 0;
for (const name of partNames.filter((known) => only.includes(known))) {
  try {
    lost += await parts[name](project);
  } catch (error) {
    console.error(`${name}:`, error);
    lost += 1;
  }
}
if (lost === 0) {
  rmSync(folder, { recursive: true, force: true });
} else {
  console.error(`expected nothing to be lost, found ${lost} that was: see ${folder}`);
  process.exitCode = 1;
}
