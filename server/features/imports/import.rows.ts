import type { FieldChange } from './import.change.rules.ts';
import type {
  ImportCounts,
  ImportLineRow,
  ImportNotice,
  ImportRow,
  ImportState,
  UndoCounts,
} from './import.model.ts';
import type { LinePreview } from './import.preview.ts';
import type { ImportMapping, RowFixes, RowProblem } from './import.types.ts';

/** An import as other layers know it: ids and moments as texts. */
export interface Import {
  readonly id: string;
  readonly version: number;
  readonly kind: ImportRow['kind'];
  readonly state: ImportState;
  readonly fileName: string;
  readonly fileBytes: number;
  readonly encoding: string;
  readonly columns: readonly string[];
  readonly unitId: string;
  readonly mapping: ImportMapping;
  readonly notices: readonly ImportNotice[];
  readonly total: number;
  /** Rows that are settled: applied, or rejected from the start. */
  readonly settled: number;
  readonly counts: ImportCounts;
  /** Rows that a person left out. */
  readonly skipped: number;
  /** Rows that are ready and not applied: of a file that was applied, those mended since. */
  readonly waiting: number;
  /** The saved mapping it is read by. */
  readonly saved: { readonly id: string; readonly name: string } | null;
  readonly undo: UndoCounts | null;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

/** A line with what the first look needs of it. */
export interface ImportLine {
  readonly line: number;
  readonly sourceId: string;
  readonly title: string;
  readonly organisation: string;
  readonly place: string;
  /** The date the row states. */
  readonly date: string | null;
  /** The day its shift is planned for. */
  readonly day: string | null;
  readonly people: number | null;
  readonly outcome: ImportLineRow['outcome'];
  readonly problems: readonly RowProblem[];
  readonly assumed: readonly string[];
  /** The cells as they stand in the file, one text: what a rejected row is recognised by. */
  readonly excerpt: string;
  readonly requestId: string | null;
}

export function toImport(row: ImportRow): Import {
  const { created, updated, unchanged, rejected } = row.counts;
  const checked = row.state === 'checked';
  const settled = created + updated + unchanged + rejected + row.skipped;
  return {
    id: String(row._id),
    version: row.version,
    kind: row.kind,
    state: row.state,
    fileName: row.fileName,
    fileBytes: row.fileBytes,
    encoding: row.encoding,
    columns: row.columns,
    unitId: String(row.unitId),
    mapping: row.mapping,
    notices: row.notices,
    total: row.total,
    settled: checked ? 0 : settled,
    counts: row.counts,
    skipped: row.skipped,
    waiting: checked ? created + updated + unchanged : Math.max(0, row.total - settled),
    saved: row.saved ? { id: String(row.saved.id), name: row.saved.name } : null,
    undo: row.undo ? { ...row.undo } : null,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

const EXCERPT = 120;

export const toLine = (row: ImportLineRow): ImportLine => ({
  line: row.line,
  sourceId: row.parsed?.sourceId ?? '',
  title: row.parsed?.title ?? '',
  organisation: row.parsed?.organisation ?? '',
  place: row.parsed?.placeLabel ?? '',
  date: row.parsed?.date ?? null,
  day: row.parsed?.shift?.date ?? null,
  people: row.parsed?.people ?? null,
  outcome: row.outcome,
  problems: row.problems,
  assumed: row.assumed,
  excerpt: Object.values(row.original)
    .filter((cell) => cell.trim() !== '')
    .join(' · ')
    .slice(0, EXCERPT),
  requestId: row.requestId ? String(row.requestId) : null,
});

/** A row with what it changes, its cells and what people put in their place. */
export interface ImportedRowView extends ImportLine {
  readonly version: number;
  readonly expected: ImportLineRow['expected'];
  readonly original: Readonly<Record<string, string>>;
  readonly fixes: RowFixes;
  readonly skipped: boolean;
  readonly changes: readonly FieldChange[];
  readonly shiftKept: boolean;
  readonly undo: ImportLineRow['undo'];
}

export const toRow = (row: ImportLineRow, preview: LinePreview): ImportedRowView => ({
  ...toLine(row),
  version: row.version,
  expected: row.expected,
  original: row.original,
  fixes: row.fixes,
  skipped: row.skipped,
  changes: preview.changes,
  shiftKept: preview.shiftKept,
  undo: row.undo,
  requestId: preview.requestId ? String(preview.requestId) : null,
});
