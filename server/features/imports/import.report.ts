import { stringify } from 'csv-stringify/sync';

/** A row, worded. */
export interface ReportRow {
  /** What we say of it. */
  readonly own: readonly string[];
  readonly original: Readonly<Record<string, string>>;
}

/** Spreadsheets may run a cell that begins so; NUL hides what follows (S-41). The stringifier handles the others. */
const HIDDEN = /^[\0\s]*(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/u;

const inert = (text: string): string => text.replaceAll('\0', '').replace(HIDDEN, '');

/** Rows with what we say of them first and their original cells after, for a spreadsheet: UTF-8 with a mark, CRLF, no formula. */
export function reportCsv(
  headings: readonly string[],
  columns: readonly string[],
  rows: readonly ReportRow[],
): Buffer {
  const records = rows.map((row) => [
    ...row.own.map(inert),
    ...columns.map((column) => inert(row.original[column] ?? '')),
  ]);
  const text = stringify([[...headings, ...columns.map(inert)], ...records], {
    bom: true,
    record_delimiter: 'windows',
    escape_formulas: true,
  });
  return Buffer.from(text, 'utf8');
}
