import type { LatencyScope } from '../../config/search-config.js';
import { formatClip } from '../../report/number-format.js';
import type { Estimate } from '../../statistics/estimate.js';
import type { RunStatus } from '../../store/run-record.js';
import { formatDuration, formatTime } from '../terminal/duration.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable } from '../terminal/table.js';
import { formatFigure, formatMove, UNKNOWN } from './figures.js';
import type { BeforeAndAfter } from './optimization-headline.js';
import type { OptimizationSummary } from './optimization-report.js';
import type { RunSummary } from './run-summary.js';

/** What a list tells of a run. */
export interface ListedRun extends RunSummary {
  /** Id of the optimization that a search is a part of; null of all other runs. */
  readonly partOf: string | null;
  /** Null of all but optimizations. */
  readonly optimization: OptimizationSummary | null;
}

/** A line a run. */
export function formatRunList(summaries: readonly ListedRun[], styles: Styles): string {
  const byStatus: Readonly<Record<RunStatus, (line: string) => string>> = {
    running: styles.green,
    interrupted: styles.yellow,
    failed: styles.red,
    finished: (line) => line,
  };
  return formatTable<ListedRun>(
    [
      { heading: 'run', cell: ({ run }) => run.id },
      { heading: 'kind', cell: ({ run }) => run.kind },
      { heading: 'status', cell: ({ run }) => run.status },
      // of optimizations and their searches alone
      ...(summaries.some(({ optimization }) => optimization !== null)
        ? [{ heading: 'stage', cell: formatStage }]
        : []),
      { heading: 'started', cell: ({ run }) => formatTime(run.createdAtMs) },
      {
        heading: 'span',
        cell: ({ run, optimization }) =>
          formatDuration((optimization?.lastHeardMs ?? run.updatedAtMs) - run.createdAtMs),
        align: 'right',
      },
      {
        heading: 'rounds',
        cell: ({ rounds, optimization }) => (optimization === null ? String(rounds) : UNKNOWN),
        align: 'right',
      },
      { heading: 'latency ms', cell: formatLatencyMove, align: 'right' },
      {
        heading: 'budget ms',
        cell: ({ budgetMs }) => (budgetMs === null ? '-' : formatFigure(budgetMs)),
        align: 'right',
      },
      { heading: 'ms of a', cell: formatScope },
      { heading: 'CLIP', cell: formatClipMove, align: 'right' },
    ],
    summaries,
    (line, summary) => (summary === undefined ? styles.bold(line) : byStatus[summary.run.status](line)),
  );
}

/** `decoder, 2 of 4`: the one that an optimization is at; `evolve of 3f2a`: the one that a search is. */
function formatStage({ optimization, partOf }: ListedRun): string {
  if (partOf !== null) return `evolve of ${partOf.split('-').at(-1) ?? ''}`;
  if (optimization === null) return UNKNOWN;
  const { stages } = optimization;
  const next = stages.findIndex(({ state }) => state !== 'done');
  const at = stages[next];
  return at === undefined ? `all ${stages.length} done` : `${at.stage}, ${next + 1} of ${stages.length}`;
}

function formatScope({ run, scope, optimization }: ListedRun): string {
  if (run.kind === 'search') return scope;
  return (optimization?.headline ?? null) === null ? UNKNOWN : ('image' satisfies LatencyScope);
}

function formatLatencyMove({ original, latest, optimization }: ListedRun): string {
  const ofSearch = { before: original?.measuredLatencyMs, after: latest?.measuredLatencyMs };
  return formatValues(optimization?.headline?.pictureMs ?? ofSearch, formatFigure);
}

function formatClipMove({ original, latest, metrics, optimization }: ListedRun): string {
  const { clipScore } = metrics;
  if (clipScore !== undefined) return formatClip(clipScore);
  const ofSearch = { before: original?.clipScore, after: latest?.clipScore };
  return formatValues(optimization?.headline?.quality?.clipScore ?? ofSearch, formatClip);
}

function formatValues(
  { before, after }: BeforeAndAfter<Estimate | null | undefined>,
  format: (value: number) => string,
): string {
  const [first, last] = [before, after].map((each) => (each ? format(each.value) : undefined));
  return formatMove(first, last);
}
