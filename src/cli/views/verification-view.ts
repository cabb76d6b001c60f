import type { Styles } from '../terminal/styles.js';
import { formatTable } from '../terminal/table.js';
import type { Finding } from '../verify-run/finding.js';
import type { RunInspection } from '../verify-run/inspect-run.js';
import { formatFigure } from './figures.js';

/** What was looked at, and what is not as it was stored. */
export interface Verification {
  /** Of this SnapEvo. */
  readonly version: string;
  readonly database: string;
  /** Of no run's. */
  readonly findings: readonly Finding[];
  readonly runs: readonly RunInspection[];
}

/** What was looked at of each run, then everything that was found. */
export function formatVerification(verification: Verification, styles: Styles): string {
  const { version, database, findings, runs } = verification;
  const others = runs.filter(({ run, findings: own }) => own.length > 0 && run.snapevoVersion !== version);
  return [
    `${database}: ${findings.length === 0 ? 'whole' : countFindings(findings.length)}`,
    formatRuns(runs, styles),
    [...findings, ...runs.flatMap((run) => run.findings)]
      .map((each) => formatFinding(each, styles))
      .join('\n'),
    others.length === 0
      ? ''
      : `This is SnapEvo ${version}, which may decide otherwise than the one that ran them: ${others.map(({ run }) => `${run.id} by ${run.snapevoVersion}`).join(', ')}.`,
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}

function formatRuns(runs: readonly RunInspection[], styles: Styles): string {
  if (runs.length === 0) return '';
  return formatTable<RunInspection>(
    [
      { heading: 'run', cell: ({ run }) => run.id },
      { heading: 'events', cell: ({ events }) => String(events), align: 'right' },
      { heading: 'rows', cell: ({ rows }) => String(rows), align: 'right' },
      { heading: 'checkpoints', cell: ({ checkpoints }) => String(checkpoints.length), align: 'right' },
      { heading: 'MB', cell: ({ checkpoints }) => formatMegabytes(checkpoints), align: 'right' },
      { heading: 'found', cell: ({ findings }) => countFindings(findings.length) },
      { heading: '', cell: ({ note }) => note },
    ],
    runs,
    (line, row) => {
      if (row === undefined) return styles.bold(line);
      return row.findings.length === 0 ? line : styles.red(line);
    },
  );
}

function formatMegabytes(checkpoints: RunInspection['checkpoints']): string {
  return formatFigure(checkpoints.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6);
}

function countFindings(count: number): string {
  return count === 0 ? 'nothing' : `${count} damaged`;
}

function formatFinding({ what, where, message, hint }: Finding, { bold, dim }: Styles): string {
  return `${bold(what)}: ${message}\n  ${dim('where:')} ${where}\n  ${dim('hint:')} ${hint}`;
}
