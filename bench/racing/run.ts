// What racing decides, and by how many pictures, beside passes over all captions and over fewer:
// `npm run bench:racing -- [--results DIR]`. See bench/README.md.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseArchitecture } from '../../src/architecture/canonical-form.js';
import { databasePath } from '../../src/cli/compose/open-store.js';
import { readStore } from '../../src/cli/compose/open-store.js';
import { shuffle } from '../../src/latency/shuffle.js';
import { hashedGenerator } from '../../src/random/hashed-generator.js';
import type { SearchEvent } from '../../src/search/event.js';
import type { SearchOptions } from '../../src/search/search-options.js';
import { isBudgetMet } from '../../src/search/state.js';
import type { Store } from '../../src/store/store.js';
import { renderChart } from '../../src/report/render-chart.js';
import { racingChart, type PassSettings, type RacingRow, type Tally } from './racing-chart.js';
import { agrees, decide, decisionsOf, type Decision, type Outcome } from './decisions.js';
import { parseDecisions, printDecisions } from './recorded.js';

const { values: options } = parseArgs({
  options: {
    config: { type: 'string', default: 'configs/emoji.yaml' },
    results: { type: 'string', default: 'results/racing' },
    captions: { type: 'string', default: '256' },
    rounds: { type: 'string', default: '6' },
    seed: { type: 'string', default: '1' },
    repeats: { type: 'string', default: '7' },
    recorded: { type: 'string', multiple: true },
    record: { type: 'string' },
    out: { type: 'string', default: 'results/bench-racing.json' },
    plot: { type: 'string', default: 'docs/images/racing.png' },
  },
});
const captionCount = Number(options.captions);
const repeats = Number(options.repeats);

/** Has a search score every candidate by every caption. */
function search(): void {
  const set = [
    `results=${resolve(options.results)}`,
    'name=full-pass',
    'search.pass=full',
    `search.captionCount=${captionCount}`,
    `search.maxRounds=${options.rounds}`,
    `search.patience=${options.rounds}`,
    'search.finetuneSteps=0',
    `seed=${options.seed}`,
  ];
  const arguments_ = [
    'tsx',
    'src/cli/main.ts',
    'search',
    options.config,
    ...set.flatMap((each) => ['--set', each]),
  ];
  const { status } = spawnSync('npx', arguments_, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the search ended with ${status ?? 'a signal'}`);
}

/** Of searches: kept in files, each can be taken anew without them, by later rules too. */
function decisionsToJudge(): Decision[] {
  if (options.recorded !== undefined) {
    return options.recorded.flatMap((file) => parseDecisions(readFileSync(file, 'utf8')));
  }
  if (!existsSync(databasePath(resolve(options.results)))) search();
  const found = readStore(resolve(options.results), Date.now, readDecisions, () => undefined);
  if (found === undefined) throw new Error('expected a run, found none');
  if (options.record !== undefined) writeFileSync(options.record, `${printDecisions(found)}\n`);
  return found;
}

function readDecisions(store: Store): Decision[] | undefined {
  const [run] = store.listRuns();
  const original = run && store.readArchitectures(run.id).find(({ role }) => role === 'original');
  if (run === undefined || original === undefined) return undefined;
  const { search: settings, seed } = run.config as { readonly search: SearchOptions; readonly seed: number };
  const events = store.readEvents(run.id).map(({ event }) => event as SearchEvent);
  const scored = events.find((event) => event.type === 'scored');
  if (scored === undefined) throw new Error('the search has not begun');
  const architecture = parseArchitecture(original.canonicalForm);
  return decisionsOf({ ...settings, seed }, architecture, scored.weights, events);
}

/** A decision with what a full pass makes of it. */
interface Case {
  readonly decision: Decision;
  readonly truth: Outcome;
}

const orderOf = ({ state }: Decision): number[] => state.currentScore.scores.map((_, index) => index);

/** A decision taken anew. */
interface Retaken {
  readonly isRemoval: boolean;
  readonly same: boolean;
  readonly within: boolean;
  readonly images: number;
  /** That the full pass took. */
  readonly allImages: number;
}

function judge(pass: string, settings: PassSettings): RacingRow {
  const retaken = (casesOf[settings.lossTolerance] ?? []).flatMap((each) => retake(each, settings));
  return {
    ...{ pass, settings, ...tally(retaken) },
    removals: tally(retaken.filter(({ isRemoval }) => isRemoval)),
    additions: tally(retaken.filter(({ isRemoval }) => !isRemoval)),
  };
}

/** By the captions in several orders. */
function retake({ decision, truth }: Case, settings: PassSettings): Retaken[] {
  const isRemoval = !isBudgetMet(decision.state);
  return Array.from({ length: repeats }, (_, repeat) => {
    const random = hashedGenerator(`racing ${decision.round} ${repeat}`);
    const outcome = decide(decision, shuffle(orderOf(decision), random), settings);
    const { images } = outcome;
    return { isRemoval, images, allImages: truth.images, ...agrees(decision, outcome, truth) };
  });
}

function tally(retaken: readonly Retaken[]): Tally {
  const total = (count: (each: Retaken) => number): number =>
    retaken.reduce((sum, each) => sum + count(each), 0);
  return {
    share: total(({ images }) => images) / total(({ allImages }) => allImages),
    same: total(({ same }) => Number(same)) / retaken.length,
    within: total(({ within }) => Number(within)) / retaken.length,
    decisions: retaken.length,
  };
}

const decisions = decisionsToJudge();

const tolerances = [0.005, 0.01, 0.02];
/** By tolerance: what a full pass decides follows from the same. */
const casesOf: Readonly<Record<number, readonly Case[]>> = Object.fromEntries(
  tolerances.map((lossTolerance) => [
    lossTolerance,
    decisions.map((decision) => ({
      decision,
      truth: decide(decision, orderOf(decision), { pass: 'full', lossTolerance }),
    })),
  ]),
);
const rows = tolerances.flatMap((lossTolerance) => [
  ...[8, 16, 32, 64].map((count) =>
    judge(`the first ${count} captions, tolerance ${lossTolerance}`, {
      ...{ pass: 'full', captionCount: count, lossTolerance },
    }),
  ),
  ...[8, 16].flatMap((firstCaptions) =>
    [0.5, 0.8, 0.95].map((confidence) => {
      const name = `racing from ${firstCaptions}, confidence ${confidence}, tolerance ${lossTolerance}`;
      return judge(name, { pass: 'racing', racing: { firstCaptions, confidence }, lossTolerance });
    }),
  ),
]);
const described = ({ share, same, within, decisions: count }: Tally): string =>
  `1/${(1 / share).toFixed(1)} of the pictures, same ${(100 * same).toFixed(0)}%, within ${(100 * within).toFixed(0)}% of ${count}`;
for (const row of rows) {
  console.log(`${row.pass.padEnd(50)} ${described(row)}`);
  console.log(`  above the budget ${described(row.removals)}; within it ${described(row.additions)}`);
}
writeFileSync(options.plot, renderChart(racingChart(rows), 'png'));
writeFileSync(
  options.out,
  `${JSON.stringify({ captionCounts: decisions.map(({ state }) => state.options.captionCount), repeats, rounds: decisions.map(({ round }) => round), rows }, null, 2)}\n`,
);
