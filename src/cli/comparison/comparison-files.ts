import { guidanceSeries } from '../../report/guidance-series.js';
import { renderGuidance } from '../../report/render-guidance.js';
import { reportComparison } from '../views/comparison-report.js';
import type { Comparison } from './compare-models.js';

/** What the chart says beside its points. */
export interface ComparisonNotes {
  /** Lines below the title: the run, the device. */
  readonly notes: readonly string[];
  readonly captionCount: number;
}

/**
 * A comparison as files, by their names: `comparison.json`, the chart over the guidance scale as `guidance.png`, `.svg`, `.csv` and `.json`, and the
 * `contact-sheet.png` where there is one.
 */
export function comparisonFiles(
  comparison: Comparison,
  notes: ComparisonNotes,
): ReadonlyMap<string, Uint8Array> {
  const { costs, points, sheet } = comparison;
  const series = guidanceSeries(
    costs.map(({ model }) => model),
    points,
    notes,
  );
  const formats = ['png', 'svg', 'csv', 'json'] as const;
  return new Map([
    [
      'comparison.json',
      new TextEncoder().encode(`${JSON.stringify(reportComparison(comparison), null, 2)}\n`),
    ],
    ...formats.map((format) => [`guidance.${format}`, renderGuidance(series, format)] as const),
    ...(sheet === null ? [] : [['contact-sheet.png', sheet] as const]),
  ]);
}
