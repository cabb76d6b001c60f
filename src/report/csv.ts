export type CsvValue = string | number | boolean | null;

/** @see RFC 4180 */
function toCell(value: CsvValue): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A header, then one line a row. Null is an empty cell. */
export function toCsv(columns: readonly string[], rows: readonly (readonly CsvValue[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(toCell).join(',')}\n`).join('');
}
