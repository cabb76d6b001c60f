import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const tearCounts = z.record(z.string(), z.number());
const base = { madeAt: z.string(), seed: z.number() };

/** `results/reliability.json`; parts that were not run are absent. */
const reliability = z.object({
  kills: z
    .object({
      ...base,
      kills: z.number(),
      searches: z.number(),
      lost: z.array(z.string()),
      byPhase: z.record(z.string(), z.number()),
    })
    .optional(),
  migrations: z
    .object({ ...base, kills: z.number(), whileMigrating: z.number(), lost: z.number() })
    .optional(),
  plots: z.object({ ...base, kills: z.number(), whilePlotting: z.number(), lost: z.number() }).optional(),
  'torn-stores': z
    .object({
      ...base,
      tears: z.array(z.object({ file: z.string(), tear: z.string(), outcomes: tearCounts })),
    })
    .optional(),
  'torn-runs': z
    .object({ ...base, tears: z.array(z.object({ tear: z.string(), outcomes: tearCounts })) })
    .optional(),
  soak: z
    .object({
      ...base,
      minutes: z.number(),
      searches: z.number(),
      reads: z.record(z.string(), z.number()),
      failures: z.array(z.string()),
    })
    .optional(),
});

const fuzz = z.array(
  z.object({
    parser: z.string(),
    cases: z.number(),
    refused: z.number(),
    slowestMs: z.number(),
    failures: z.array(z.unknown()),
  }),
);

type Cells = readonly (string | number)[];

/** The section of docs/reliability.md that `npm run reliability` and `npm run fuzz` make, in Markdown. */
export function figuresOf(reliabilityFile: string, fuzzFile: string): string {
  const found = existsSync(reliabilityFile) ? reliability.parse(readJson(reliabilityFile)) : {};
  const { kills, migrations, plots, soak } = found;
  const sections = [
    kills && `${kills.kills} kills of ${kills.searches} searches: ${survival(kills.lost.length)}`,
    kills && table(['killed in', 'kills'], Object.entries(kills.byPhase)),
    migrations &&
      `${migrations.kills} kills of programs that bring a database forward, ${migrations.whileMigrating} in the midst of it: ${survival(migrations.lost)}`,
    plots &&
      `${plots.kills} kills of plots, ${plots.whilePlotting} before they were there: ${survival(plots.lost)}`,
    found['torn-stores'] &&
      table(
        ['of a store', 'torn', 'whole or an earlier commit', 'refused', 'wrong or unclear'],
        found['torn-stores'].tears.map(({ file, tear, outcomes }) => [
          `\`${file}\``,
          tear,
          sum(outcomes, ['same', 'older']),
          sum(outcomes, ['refused', 'known to be damaged']),
          sum(outcomes, ['wrong', 'unclear error']),
        ]),
      ),
    found['torn-runs'] &&
      table(
        ['of an interrupted run', 'resumed to the same decisions', 'refused', 'wrong or unclear'],
        found['torn-runs'].tears.map(({ tear, outcomes }) => [
          tear,
          sum(outcomes, ['resumed']),
          sum(outcomes, ['refused']),
          sum(outcomes, ['wrong', 'unclear error']),
        ]),
      ),
    soak &&
      `${soak.minutes.toFixed(0)} minutes of ${soak.searches} searches one after another beside ${listed(soak.reads)}: ${soak.failures.length} failures.`,
    existsSync(fuzzFile) &&
      table(
        ['hostile inputs to', 'tried', 'refused', 'slowest, ms', 'failures'],
        fuzz
          .parse(readJson(fuzzFile))
          .map((row) => [row.parser, row.cases, row.refused, row.slowestMs.toFixed(0), row.failures.length]),
      ),
  ];
  return sections.filter((section) => typeof section === 'string').join('\n\n');
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function survival(lost: number): string {
  return lost === 0 ? 'none lost.' : `**${lost} lost.**`;
}

function sum(counts: Readonly<Record<string, number>>, names: readonly string[]): number {
  return names.reduce((total, name) => total + (counts[name] ?? 0), 0);
}

function listed(reads: Readonly<Record<string, number>>): string {
  return Object.entries(reads)
    .map(([name, count]) => `${count} of \`${name}\``)
    .join(', ');
}

function table(head: Cells, rows: readonly Cells[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
