import { formatClip } from '../../report/number-format.js';
import type { RunStatus } from '../../store/run-record.js';
import { formatDuration, formatTime } from '../terminal/duration.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable } from '../terminal/table.js';
import { formatFigure, formatMove, UNKNOWN } from './figures.js';
import type { RunSummary } from './run-summary.js';

/** A line a run. */
export function formatRunList(summaries: readonly RunSummary[], styles: Styles): string {
  const byStatus: Readonly<Record<RunStatus, (line: string) => string>> = {
    running: styles.green,
    interrupted: styles.yellow,
    failed: styles.red,
    finished: (line) => line,
  };
  return formatTable<RunSummary>(
    [
      { heading: 'run', cell: ({ run }) => run.id },
      { heading: 'kind', cell: ({ run }) => run.kind },
      { heading: 'status', cell: ({ run }) => run.status },
      { heading: 'started', cell: ({ run }) => formatTime(run.createdAtMs) },
      {
        heading: 'span',
        cell: ({ run }) => formatDuration(run.updatedAtMs - run.createdAtMs),
        align: 'right',
      },
      { heading: 'rounds', cell: ({ rounds }) => String(rounds), align: 'right' },
      { heading: 'latency ms', cell: formatLatencyMove, align: 'right' },
      {
        heading: 'budget ms',
        cell: ({ budgetMs }) => (budgetMs === null ? '-' : formatFigure(budgetMs)),
        align: 'right',
      },
      { heading: 'ms of a', cell: ({ run, scope }) => (run.kind === 'search' ? scope : UNKNOWN) },
      { heading: 'CLIP', cell: formatClipMove, align: 'right' },
    ],
    summaries,
    (line, summary) => (summary === undefined ? styles.bold(line) : byStatus[summary.run.status](line)),
  );
}

function formatLatencyMove({ original, latest }: RunSummary): string {
  const [before, after] = [original, latest].map((one) => one?.measuredLatencyMs?.value);
  return formatMove(
    before === undefined ? before : formatFigure(before),
    after === undefined ? after : formatFigure(after),
  );
}

function formatClipMove({ original, latest, metrics }: RunSummary): string {
  const { clipScore } = metrics;
  if (clipScore !== undefined) return formatClip(clipScore);
  const [before, after] = [original, latest].map((one) => one?.clipScore?.value);
  return formatMove(
    before === undefined ? before : formatClip(before),
    after === undefined ? after : formatClip(after),
  );
}
