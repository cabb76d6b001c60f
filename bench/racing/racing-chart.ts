import type { ChartConfiguration } from 'chart.js';
import { axis, legend, titles } from '../../src/report/chart-style.js';
import { okabeIto, seriesColors } from '../../src/report/palette.js';
import type { SearchOptions } from '../../src/search/search-options.js';

/** How passes are told apart. */
export interface PassSettings extends Partial<SearchOptions> {
  readonly pass: SearchOptions['pass'];
  readonly lossTolerance: number;
}

/** What some decisions came to. */
export interface Tally {
  /** Pictures made for candidates, as a share of those of the full pass, all decisions together. */
  readonly share: number;
  /** Share of decisions with the truth's action. */
  readonly same: number;
  /** Share with that, or with an action that loses no more and saves no less, but for the intervals. */
  readonly within: number;
  readonly decisions: number;
}

/** What some way of scoring candidates led to, in all decisions and by their kind. */
export interface RacingRow extends Tally {
  readonly pass: string;
  readonly settings: PassSettings;
  /** Above the budget, where blocks are removed. */
  readonly removals: Tally;
  /** Within it, where blocks are added, or exchanged for others. */
  readonly additions: Tally;
}

/** How often decisions are the full pass's own, against the pictures they took, by tolerance. Pure. */
export function racingChart(rows: readonly RacingRow[]): ChartConfiguration<'scatter'> {
  const tolerances = [...new Set(rows.map(({ settings }) => settings.lossTolerance))];
  const pointsOf = (pass: SearchOptions['pass'], tolerance: number): { x: number; y: number }[] =>
    rows
      .filter(({ settings }) => settings.pass === pass && settings.lossTolerance === tolerance)
      .map(({ share, same }) => ({ x: 100 * share, y: 100 * same }));
  const decisions = rows[0]?.decisions ?? 0;
  return {
    type: 'scatter',
    data: {
      datasets: tolerances.flatMap((tolerance, index) => {
        const color = seriesColors[index] ?? okabeIto.black;
        const common = { backgroundColor: color, borderColor: color, pointRadius: 6 };
        return [
          { ...common, label: `Race, tolerance ${tolerance}`, data: pointsOf('racing', tolerance) },
          {
            ...common,
            label: `Fewer captions, tolerance ${tolerance}`,
            data: pointsOf('full', tolerance),
            pointStyle: 'rect',
            showLine: true,
            borderDash: [4, 4],
          },
        ];
      }),
    },
    options: {
      layout: { padding: 18 },
      scales: {
        x: axis('Pictures, % of those of a full pass', { min: 0 }),
        y: axis('Decisions with the action of the full pass, %', { min: 0, max: 100 }),
      },
      plugins: {
        ...titles('What a race decides, and by how many pictures', `${decisions} decisions each`),
        legend: legend(),
      },
    },
  };
}
