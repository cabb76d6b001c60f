/** A column of a table: its heading, what stands in a row, and which side it keeps to. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';

/** Rows under headings, columns aligned. Cells are plain text of one line; `decorate` may colour a whole line. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  decorate: (line: string, row: Row | undefined) => string = (line) => line,
): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map(({ heading }, index) =>
    Math.max(heading.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const layOut = (line: readonly string[]): string =>
    columns
      .map(({ align }, index) => pad(line[index] ?? '', widths[index] ?? 0, align))
      .join(GAP)
      .trimEnd();
  const heading = decorate(layOut(columns.map((column) => column.heading)), undefined);
  return [heading, ...rows.map((row, index) => decorate(layOut(cells[index] ?? []), row))].join('\n');
}

/** `name   value` lines, values aligned. */
export function formatPairs(pairs: readonly (readonly [name: string, value: string])[], indent = ''): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${indent}${name.padEnd(width)}${GAP}${value}`.trimEnd()).join('\n');
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}
