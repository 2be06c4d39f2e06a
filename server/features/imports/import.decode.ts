import { parse } from 'csv-parse/sync';
import { Invalid } from '../../core/errors.ts';
import { cleanLine } from './import.text.rules.ts';
import type { Table, TableRow } from './import.types.ts';

/** What a file may hold (S-42); beyond it reading stops and the file is refused. */
export const FILE_LIMITS = {
  bytes: 5 * 1024 * 1024,
  rows: 20_000,
  columns: 200,
  cells: 1_000_000,
  fieldCharacters: 20_000,
  recordCharacters: 100_000,
};

const refuse = (code: string, params?: Record<string, string | number>): Invalid =>
  Invalid.field('file', code, params);

/** Beginnings of files that people mistake for tables. */
const SIGNATURES: readonly (readonly [code: string, bytes: readonly number[]])[] = [
  ['file-is-workbook', [0x50, 0x4b, 0x03, 0x04]],
  ['file-is-workbook', [0xd0, 0xcf, 0x11, 0xe0]],
  ['file-not-text', [0x25, 0x50, 0x44, 0x46]],
  ['file-not-text', [0x1f, 0x8b]],
  ['file-not-text', [0x89, 0x50, 0x4e, 0x47]],
];

/**
 * The text of a file of unknown origin: UTF-8 if it is that without a fault, UTF-16 by its mark, else GB18030, which
 * Chinese spreadsheets write. @throws Invalid naming what the file is instead of a text
 */
export function decodeText(bytes: Uint8Array): { text: string; encoding: Table['encoding'] } {
  if (bytes.length === 0) throw refuse('file-empty');
  if (bytes.length > FILE_LIMITS.bytes) throw refuse('file-too-large');
  for (const [code, signature] of SIGNATURES)
    if (signature.every((byte, at) => bytes[at] === byte)) throw refuse(code);
  const encodings = encodingsOf(bytes);
  for (const encoding of encodings) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      // A NUL is in no text that a person wrote.
      if (text.includes('\0')) throw refuse('file-not-text');
      if (text.trim() === '') throw refuse('file-empty');
      return { text, encoding };
    } catch (err) {
      if (err instanceof Invalid) throw err;
      // A TypeError says "not this encoding": the next one is tried.
      if (!(err instanceof TypeError)) throw err;
    }
  }
  throw refuse('file-encoding');
}

function encodingsOf(bytes: Uint8Array): readonly Table['encoding'][] {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return ['utf-16le'];
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return ['utf-16be'];
  return ['utf-8', 'gb18030'];
}

const DELIMITERS = [',', '\t', ';', '，', '|'];

/** The character that splits the header most often, outside quotes; null when none does. */
export function detectDelimiter(text: string): string | null {
  const counts = new Map(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let quoted = false;
  for (const character of text.slice(0, 20_000)) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && (character === '\n' || character === '\r')) {
      if ([...counts.values()].some((count) => count > 0)) break;
    } else if (!quoted && counts.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  const [best, count] = [...counts].reduce((most, one) => (one[1] > most[1] ? one : most));
  return count > 0 ? best : null;
}

/** The file as a table of texts. @throws Invalid with what is wrong with the file as a whole */
export function decodeTable(bytes: Uint8Array): Table {
  const { text, encoding } = decodeText(bytes);
  const delimiter = detectDelimiter(text);
  if (delimiter === null) throw refuse('file-one-column');
  const [header, ...records] = readRecords(text, delimiter);
  if (!header) throw refuse('file-empty');
  const columns = nameColumns(header);
  if (records.length === 0) throw refuse('file-no-rows');
  if (records.length > FILE_LIMITS.rows) throw refuse('file-too-many-rows', { max: FILE_LIMITS.rows });
  if (records.length * columns.length > FILE_LIMITS.cells)
    throw refuse('file-too-many-cells', { max: FILE_LIMITS.cells });
  return { encoding, delimiter, columns, rows: records.map((record, at) => toRow(record, at + 2, columns)) };
}

function readRecords(text: string, delimiter: string): string[][] {
  try {
    return parse(text, {
      bom: true,
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_records_with_empty_values: true,
      max_record_size: FILE_LIMITS.recordCharacters,
      // One more than allowed, to tell "too many" from "just enough" without reading on.
      to: FILE_LIMITS.rows + 2,
    });
  } catch (err) {
    const code = (err as { code?: string }).code ?? '';
    if (code === 'CSV_MAX_RECORD_SIZE')
      throw refuse('file-row-too-long', { max: FILE_LIMITS.recordCharacters });
    if (code === 'CSV_QUOTE_NOT_CLOSED' || code.startsWith('CSV_')) throw refuse('file-quotes');
    throw err;
  }
}

/** Names that could reach a prototype, or that the database reads as operators, stand with an underscore. */
const RISKY = /^(__proto__|constructor|prototype)$/;

/** Every column gets a name of its own: empty ones a number, repeated ones a count. */
function nameColumns(header: readonly string[]): string[] {
  if (header.length > FILE_LIMITS.columns)
    throw refuse('file-too-many-columns', { max: FILE_LIMITS.columns });
  const seen = new Map<string, number>();
  return header.map((raw, at) => {
    const clean = cleanLine(raw).replace(/^\$/, '_$').replaceAll('.', '·').slice(0, 100);
    const name = clean === '' ? `column ${at + 1}` : RISKY.test(clean) ? `_${clean}` : clean;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}

function toRow(record: readonly string[], line: number, columns: readonly string[]): TableRow {
  if (record.some((cell) => cell.length > FILE_LIMITS.fieldCharacters))
    throw refuse('file-field-too-long', { line, max: FILE_LIMITS.fieldCharacters });
  // Spreadsheets end rows with empty cells, or leave them out.
  const ragged =
    record.length < columns.length || record.slice(columns.length).some((cell) => cell.trim() !== '');
  return {
    line,
    cells: Object.fromEntries(columns.map((column, at) => [column, record[at] ?? ''])),
    ragged,
  };
}
