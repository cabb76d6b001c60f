import { mean } from 'simple-statistics';
import { bootstrapMean } from '../../src/search/bootstrap.js';
import type { Estimate } from '../../src/statistics/estimate.js';

export const schedules = ['direct', 'progressive'] as const;
export const losses = ['cfg-aware', 'vanilla'] as const;

/** A student: how it was distilled, and the CLIP score of each caption's picture. */
export interface Student {
  readonly schedule: (typeof schedules)[number];
  readonly loss: (typeof losses)[number];
  readonly seed: number;
  readonly scores: readonly number[];
}

/** A mean over captions and seeds, with the 95% interval of the captions that were drawn; and that of each seed. */
export interface Finding {
  readonly name: string;
  readonly clip: Estimate;
  readonly bySeed: readonly number[];
}

const draws = { seed: 0, round: 0 } as const;

/** @param rows by seed, then caption */
function finding(name: string, rows: readonly (readonly number[])[]): Finding {
  const captions = rows[0]?.map((_, caption) => mean(rows.map((row) => row[caption] ?? Number.NaN))) ?? [];
  return { name, clip: bootstrapMean(captions, draws), bySeed: rows.map((row) => mean([...row])) };
}

type Choice = Partial<Pick<Student, 'schedule' | 'loss'>>;

/** What students come to, each kind by itself and against the original; and one kind against another, seed by seed over the same captions and noise. */
export function findings(
  students: readonly Student[],
  original: readonly number[],
  undistilled: { readonly name: string; readonly scores: readonly number[] },
): readonly Finding[] {
  const seeds = [...new Set(students.map(({ seed }) => seed))];
  /** By seed and caption, the mean of the students so chosen. */
  const rowsOf = (choice: Choice): number[][] =>
    seeds.map((seed) => {
      const chosen = students.filter(
        (each) =>
          each.seed === seed &&
          each.schedule === (choice.schedule ?? each.schedule) &&
          each.loss === (choice.loss ?? each.loss),
      );
      return original.map((_, caption) => mean(chosen.map(({ scores }) => scores[caption] ?? Number.NaN)));
    });
  const minus = (rows: number[][], others: readonly (readonly number[])[]): number[][] =>
    rows.map((row, i) => row.map((score, caption) => score - (others[i]?.[caption] ?? Number.NaN)));
  const originals = seeds.map(() => original);
  const kinds = schedules.flatMap((schedule) => losses.map((loss) => ({ schedule, loss })));
  return [
    finding('original', [original]),
    finding(undistilled.name, [undistilled.scores]),
    finding(`${undistilled.name}, against the original`, minus([[...undistilled.scores]], [original])),
    ...kinds.flatMap((kind) => {
      const name = `${kind.schedule}, ${kind.loss}`;
      return [
        finding(name, rowsOf(kind)),
        finding(`${name}, against the original`, minus(rowsOf(kind), originals)),
      ];
    }),
    finding('cfg-aware against vanilla', minus(rowsOf({ loss: 'cfg-aware' }), rowsOf({ loss: 'vanilla' }))),
    ...schedules.map((schedule) =>
      finding(
        `cfg-aware against vanilla, ${schedule}`,
        minus(rowsOf({ schedule, loss: 'cfg-aware' }), rowsOf({ schedule, loss: 'vanilla' })),
      ),
    ),
    finding(
      'direct against progressive',
      minus(rowsOf({ schedule: 'direct' }), rowsOf({ schedule: 'progressive' })),
    ),
    ...losses.map((loss) =>
      finding(
        `direct against progressive, ${loss}`,
        minus(rowsOf({ schedule: 'direct', loss }), rowsOf({ schedule: 'progressive', loss })),
      ),
    ),
  ];
}
