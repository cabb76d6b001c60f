import type { ChartConfiguration } from 'chart.js';
import { axis, legend, titles } from '../../src/report/chart-style.js';
import { okabeIto } from '../../src/report/palette.js';
import type { SearchOptions } from '../../src/search/search-options.js';

/** What some way of scoring candidates led to. */
export interface RacingRow {
  readonly pass: string;
  readonly settings: Partial<SearchOptions>;
  /** Pictures made for candidates, as a share of those of the full pass, all decisions together. */
  readonly share: number;
  /** Share of decisions with the truth's action. */
  readonly same: number;
  /** Share with that, or with an action worth no less than the interval of its worth. */
  readonly within: number;
  readonly decisions: number;
}

/** How often decisions agree with a full pass's, against the pictures they took. Pure. */
export function racingChart(rows: readonly RacingRow[]): ChartConfiguration<'scatter'> {
  const points = (isRace: boolean): { x: number; y: number }[] =>
    rows
      .filter(({ settings }) => (settings.pass === 'racing') === isRace)
      .map(({ share, within }) => ({ x: 100 * share, y: 100 * within }));
  const decisions = rows[0]?.decisions ?? 0;
  return {
    type: 'scatter',
    data: {
      datasets: [
        { label: 'Race', data: points(true), backgroundColor: okabeIto.blue, pointRadius: 6 },
        {
          label: 'Full pass over fewer captions',
          data: points(false),
          backgroundColor: okabeIto.vermilion,
          borderColor: okabeIto.vermilion,
          pointRadius: 6,
          pointStyle: 'rect',
          showLine: true,
        },
      ],
    },
    options: {
      layout: { padding: 18 },
      scales: {
        x: axis('Pictures, % of those of a full pass', { min: 0 }),
        y: axis('Decisions as good as the full pass, %', { max: 100 }),
      },
      plugins: {
        ...titles('What a race decides, and by how many pictures', `${decisions} decisions each`),
        legend: legend(),
      },
    },
  };
}
