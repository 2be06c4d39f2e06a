import { IMPORT_FIELDS } from './import.types.ts';
import type { ImportField, ImportMapping } from './import.types.ts';

/** A mapping kept under a name, as far as fitting it to a file needs it. */
export interface SavedChoice {
  readonly id: string;
  readonly name: string;
  /** The columns of the file it was made with. */
  readonly header: readonly string[];
  readonly mapping: ImportMapping;
}

/** Below it a saved mapping is for another kind of file. */
const FITS = 0.75;

type Columns = ImportMapping['columns'];

/**
 * How well a saved mapping fits a file with these columns, from 0 to 1: mostly by the columns it reads, then by how alike
 * the headers are. Nothing without a title fits.
 */
export function fitOf(saved: Pick<SavedChoice, 'header' | 'mapping'>, columns: readonly string[]): number {
  const here = new Set(columns);
  const { title } = saved.mapping.columns;
  if (title === undefined || !here.has(title)) return 0;
  const wanted = Object.values(saved.mapping.columns);
  const found = wanted.filter((column) => here.has(column)).length / wanted.length;
  const shared = saved.header.filter((column) => here.has(column)).length;
  const alike = shared / new Set([...saved.header, ...columns]).size;
  return 0.7 * found + 0.3 * alike;
}

/** The saved mapping that fits best, the first of equals; null when none fits well enough to be proposed. */
export function bestFitting(saved: readonly SavedChoice[], columns: readonly string[]): SavedChoice | null {
  let best: { choice: SavedChoice; fit: number } | null = null;
  for (const choice of saved) {
    const fit = fitOf(choice, columns);
    if (fit >= FITS && (!best || fit > best.fit)) best = { choice, fit };
  }
  return best?.choice ?? null;
}

/** A saved mapping for a file that may lack some of its columns: what is not there is not read. */
export function mappingFor(saved: Pick<SavedChoice, 'mapping'>, columns: readonly string[]): ImportMapping {
  const here = new Set(columns);
  const kept: Partial<Record<ImportField, string>> = {};
  for (const field of IMPORT_FIELDS) {
    const column = (saved.mapping.columns as Columns)[field];
    if (column !== undefined && here.has(column)) kept[field] = column;
  }
  return { ...saved.mapping, preset: 'saved', columns: kept };
}
