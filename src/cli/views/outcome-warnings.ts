import type { LatencyScope } from '../../config/search-config.js';
import { formatClip } from '../../report/number-format.js';
import type { ArchitectureRecord } from '../../store/search-records.js';
import type { Styles } from '../terminal/styles.js';
import { formatEstimate, formatFigure, formatMeasured } from './figures.js';
import { latencyUnit } from './latency-scope.js';
import type { OptimizationHeadline } from './optimization-headline.js';

/** What is not as it was wanted, now that all is done. */
export interface OutcomeWarning {
  readonly warning: 'budget-missed' | 'far-worse';
  /** For a person. */
  readonly text: string;
}

/** Share of the original's CLIP score: with more lost than this, whatever the noise, pictures are of another worth. The shipped emoji model's optimization loses a twentieth. */
const FAR_WORSE_SHARE = 0.1;

/** How a search stands to its budget. */
interface Budgeted {
  readonly budgetMs: number | null;
  /** The architecture that it came to last. */
  readonly latest: ArchitectureRecord | null;
  readonly scope: LatencyScope;
}

/** Of a search whose final architecture takes longer than its budget. */
export function warnOfBudget({ budgetMs, latest, scope }: Budgeted): readonly OutcomeWarning[] {
  const latencyMs = latest?.role === 'final' ? latest.measuredLatencyMs : null;
  if (budgetMs === null || latencyMs === null || latencyMs.value <= budgetMs) return [];
  const budget = `${formatFigure(budgetMs)} ${latencyUnit[scope]}`;
  const text = `the budget of ${budget} was missed: the final architecture takes ${formatMeasured(latencyMs)}`;
  return [{ warning: 'budget-missed', text }];
}

/** Of an optimization that has surely lost more than {@link FAR_WORSE_SHARE} of the original's CLIP score. */
export function warnOfPictures(headline: OptimizationHeadline | null): readonly OutcomeWarning[] {
  const quality = headline?.quality;
  if (!quality?.clipChange) return [];
  const { guidanceScale, clipScore, clipChange } = quality;
  const before = clipScore.before.value;
  if (before <= 0 || clipChange.high >= -FAR_WORSE_SHARE * before) return [];
  const change = formatEstimate(clipChange, formatClip);
  const share = `more than ${100 * FAR_WORSE_SHARE}% of the original's ${formatClip(before)} by the whole interval`;
  const text = `pictures are far worse than the original's: CLIP at guidance ${guidanceScale} changed by ${change}, ${share}`;
  return [{ warning: 'far-worse', text }];
}

/** A line each. */
export function formatWarnings(warnings: readonly OutcomeWarning[], styles: Styles): string {
  return warnings.map(({ text }) => styles.yellow(`warning: ${text}`)).join('\n');
}
