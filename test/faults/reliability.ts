// How much is survived of what kills, tears and many readers do to searches: `npm run reliability`. See docs/reliability.md.
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
import { interruptSearch, runTears, tearRun, type RunTear } from './torn-runs.js';
import { tearStores } from './torn-stores.js';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'kills,migrations,plots,torn-stores,torn-runs,soak' },
    kills: { type: 'string', default: '200' },
    'kills-per-search': { type: 'string', default: '8' },
    tears: { type: 'string', default: '200' },
    'run-tears': { type: 'string', default: '6' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'results/reliability.json' },
  },
});
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

async function killSearches(project: TinyProject): Promise<void> {
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
    if (lost.length > 10) return;
    for (const name of lost.length === 0 ? [results, whole] : []) {
      rmSync(join(project.folder, name), { recursive: true, force: true });
    }
  }
}

async function killMigrations(): Promise<void> {
  let [hits, lost] = [0, 0];
  for (let index = 0; index < 20; index++) {
    const random = hashedGenerator(`${seed} migration ${index}`);
    const one = await killMigration(join(folder, `migration-${index}`), random);
    hits += one.hit ? 1 : 0;
    lost += one.lost > 0 ? 1 : 0;
  }
  keep('migrations', { kills: 20, whileMigrating: hits, lost });
}

async function killPlots(project: TinyProject): Promise<void> {
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
}

async function tearRuns(project: TinyProject): Promise<void> {
  const runId = await interruptSearch(project, 'interrupted', seed);
  const whole = await searchWhole(project, { from: 'interrupted', to: 'uninterrupted', seed });
  const decisions = project.decisionsOf('uninterrupted', whole);
  const tears = [];
  for (const tear of Object.keys(runTears) as RunTear[]) {
    const outcomes = [];
    for (let index = 0; index < Number(options['run-tears']); index++) {
      const random = hashedGenerator(`${seed} ${tear} ${index}`);
      outcomes.push(await tearRun(project, { results: 'interrupted', runId, decisions }, tear, random));
    }
    tears.push({ tear, outcomes: countBy(outcomes, (outcome) => outcome) });
    keep('torn-runs', { tears });
  }
}

const parts: Readonly<Record<string, (project: TinyProject) => Promise<void>>> = {
  kills: killSearches,
  migrations: killMigrations,
  plots: killPlots,
  'torn-stores': (): Promise<void> => {
    keep('torn-stores', { tears: tearStores(join(folder, 'torn-stores'), Number(options.tears), seed) });
    return Promise.resolve();
  },
  'torn-runs': tearRuns,
  soak: async (project) => {
    keep(
      'soak',
      await soak(project, Number(options.minutes), (done) =>
        console.error(`soaked for ${done.toFixed(1)} minutes`),
      ),
    );
  },
};

const project = await TinyProject.make(join(folder, 'tiny'));
for (const name of options.only.split(',')) await parts[name]?.(project);
rmSync(folder, { recursive: true, force: true });
