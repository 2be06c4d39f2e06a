import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

/** A cell: numbers are written as they are, so that a negative one is no text. */
export type Cell = string | number;

/** Spreadsheets may run a cell that begins so, also behind blanks (S-41); one that begins with our own mark is marked too. */
const RUNS = /^[\s\0]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^['\t\r]/u;

/** A text as a cell that no spreadsheet runs, marked so that `plainCell` gives back exactly what it was. */
const inertCell = (cell: Cell): string =>
  typeof cell === 'number' ? String(cell) : RUNS.test(cell) ? `'${cell}` : cell;

/** What was written into a cell by `csvLines`. */
export const plainCell = (cell: string): string => (cell.startsWith("'") ? cell.slice(1) : cell);

/** Any line break stands in quotes, whatever a program takes for the end of a line. */
const WRITTEN = { record_delimiter: 'windows', quoted_match: /[\r\n]/ } as const;
const MARK = '\uFEFF';

/** Lines of a table for spreadsheets and programs: CRLF, no cell that runs. @param heading the first line of a file, after the mark of UTF-8 */
export function csvLines(rows: readonly (readonly Cell[])[], heading?: readonly string[]): string {
  const lines = stringify(
    rows.map((row) => row.map(inertCell)),
    WRITTEN,
  );
  return heading ? `${MARK}${stringify([[...heading]], WRITTEN)}${lines}` : lines;
}

/** Rows of such a table by its headings, cells as they were. @throws Error when it is no such table */
export function readCsvLines(text: string): Record<string, string>[] {
  const rows = parse(text, { bom: true, columns: true, record_delimiter: '\r\n' }) as Record<
    string,
    string
  >[];
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, plainCell(cell)])),
  );
}
