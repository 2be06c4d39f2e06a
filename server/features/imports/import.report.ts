import { stringify } from 'csv-stringify/sync';

/** A rejected row, worded. */
export interface ReportRow {
  readonly line: number;
  readonly reasons: readonly string[];
  readonly original: Readonly<Record<string, string>>;
}

/** Spreadsheets may run a cell that begins so; NUL hides what follows (S-41). The stringifier handles the others. */
const HIDDEN = /^[\0\s]*(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/u;

/** Rejected rows with their reasons first and their original cells after, for a spreadsheet: UTF-8 with a mark, CRLF, no formula. */
export function reportCsv(
  headings: { readonly line: string; readonly reasons: string },
  columns: readonly string[],
  rows: readonly ReportRow[],
): Buffer {
  const records = rows.map((row) => [
    String(row.line),
    row.reasons.join('; '),
    ...columns.map((column) => (row.original[column] ?? '').replaceAll('\0', '').replace(HIDDEN, '')),
  ]);
  const text = stringify([[headings.line, headings.reasons, ...columns], ...records], {
    bom: true,
    record_delimiter: 'windows',
    escape_formulas: true,
  });
  return Buffer.from(text, 'utf8');
}
