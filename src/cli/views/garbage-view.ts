import type { GarbageFile } from '../compose/run-garbage.js';
import type { Styles } from '../terminal/styles.js';
import { formatTable } from '../terminal/table.js';
import { formatFigure } from './figures.js';

/** Files that nothing needs, of one owner. */
export interface Heap {
  /** A run's id; null for the results folder's own files. */
  readonly of: string | null;
  /** Whether somebody works on the run, so that it is left alone. */
  readonly isHeld: boolean;
  readonly files: readonly GarbageFile[];
}

/** How much it is together. */
export function sumOf(heaps: readonly Heap[]): {
  readonly files: number;
  readonly sizeBytes: number;
  readonly text: string;
} {
  const all = heaps.flatMap(({ files }) => files);
  const sizeBytes = all.reduce((sum, file) => sum + file.sizeBytes, 0);
  const text = `${all.length === 1 ? '1 file' : `${all.length} files`}, ${formatMegabytes(sizeBytes)} MB`;
  return { files: all.length, sizeBytes, text };
}

/** How much of each could be freed, and of all. */
export function formatGarbage(heaps: readonly Heap[], styles: Styles): string {
  const total = sumOf(heaps);
  const rows = heaps.map((heap) => ({
    name: heap.of ?? 'unfinished copies of weights',
    heap,
    sum: sumOf([heap]),
  }));
  const isAlone = rows.length < 2;
  if (rows.length === 0) return 'Nothing to free.';
  return formatTable<Omit<(typeof rows)[number], 'heap'> & { readonly heap?: Heap }>(
    [
      { heading: 'run', cell: ({ name }) => name },
      { heading: 'files', cell: ({ sum }) => String(sum.files), align: 'right' },
      { heading: 'MB', cell: ({ sum }) => formatMegabytes(sum.sizeBytes), align: 'right' },
      { heading: '', cell: ({ heap }) => (heap?.isHeld === true ? 'left alone: somebody works on it' : '') },
    ],
    isAlone ? rows : [...rows, { name: 'total', sum: total }],
    (line, row) => (row === undefined ? styles.bold(line) : line),
  );
}

function formatMegabytes(bytes: number): string {
  return formatFigure(bytes / 1e6);
}
