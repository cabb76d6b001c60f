// The engine beside PyTorch, part by part: `npm run bench -- --python .venv/bin/python`. See bench/README.md.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { scoringPass, textToImage } from './pipeline/parts.js';
import { emojiUNetStep } from './emoji-unet-step/part.js';
import { environments } from './peer-settings.js';
import { measurePart, type Part, type PartResult } from './part.js';
import { linesOfShares, tableOfSides } from './print-sides.js';
import { round } from './round/part.js';
import { startUp } from './start-up/part.js';
import { storeWrites } from './store-writes/part.js';
import { trainingStep } from './training-step/part.js';

const parts: readonly Part[] = [
  trainingStep,
  emojiUNetStep,
  textToImage,
  scoringPass,
  round,
  storeWrites,
  startUp,
];

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: '.venv/bin/python' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    threads: { type: 'string', default: String(cpus().length) },
    set: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'results/bench.json' },
    environments: { type: 'string', default: Object.keys(environments).join(';') },
    'no-compile': { type: 'boolean', default: false },
  },
});

/** What was measured of a part, and on what machine. */
type Measured = PartResult & { readonly machine: object; readonly threads: number };

const say = (text: string): void => console.error(text);

function chosenParts(): readonly Part[] {
  const names = options.only?.split(',') ?? parts.map(({ name }) => name);
  return names.map((name) => {
    const part = parts.find((each) => each.name === name);
    if (part !== undefined) return part;
    throw new Error(`expected a part of ${parts.map((each) => each.name).join(', ')}; found ${name}`);
  });
}

async function measured(part: Part): Promise<Measured> {
  const threads = Number(options.threads);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, loadBefore: loadavg()[0] };
  say(`# ${part.title}`);
  const { python, rounds, set } = options;
  const how = {
    python,
    set,
    threads,
    compile: !options['no-compile'],
    environments: options.environments.split(';'),
  };
  const result = await measurePart(
    part,
    { ...how, rounds: rounds === undefined ? undefined : Number(rounds) },
    say,
  );
  return { ...result, machine, threads };
}

/** Puts a part's figures in the file, in place of older ones of the same part. */
function store(result: Measured): void {
  const { out } = options;
  const earlier = existsSync(out)
    ? (JSON.parse(readFileSync(out, 'utf8')) as Readonly<Record<string, Measured>>)
    : {};
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify({ ...earlier, [result.part]: result }, null, 1)}\n`);
}

for (const part of chosenParts()) {
  const result = await measured(part);
  store(result);
  console.log(`\n**${result.part}**: ${result.title}; ${result.rounds} rounds of ${result.stepsPerUnit}\n`);
  console.log(tableOfSides(result.results));
  for (const line of linesOfShares(result.results)) console.log(`\n${line}`);
}
