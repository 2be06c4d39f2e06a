/** What the parts of an import tell each other; plain data, so that it crosses into the reading process and back. */

/** Our fields of an opportunity, in the order of the mapping form. */
export const IMPORT_FIELDS = [
  'id',
  'title',
  'description',
  'category',
  'organisation',
  'people',
  'date',
  'endDate',
  'startTime',
  'hours',
  'recurrence',
  'placeLabel',
  'address',
  'area',
  'postcode',
  'latitude',
  'longitude',
  'locality',
] as const;
export type ImportField = (typeof IMPORT_FIELDS)[number];

export const SHIFT_DATES = ['keep', 'next-year-same-weekday', 'none'] as const;
/** What becomes of a stated date that has passed: nothing, a later year on the same weekday, or no shifts at all. */
export type ShiftDates = (typeof SHIFT_DATES)[number];

export const DATE_ORDERS = ['unknown', 'mdy', 'dmy'] as const;
/** How dates like 03/04/2011 are meant; `unknown` refuses those that can be read both ways. */
export type DateOrder = (typeof DATE_ORDERS)[number];

/** What fills a field that a row leaves out, marked as assumed; null reports the gap instead. */
export interface ImportDefaults {
  /** `HH:MM`. */
  readonly startTime: string | null;
  readonly hours: number | null;
  readonly people: number | null;
  readonly category: string | null;
  readonly place: string | null;
  readonly risks: string | null;
  readonly support: string | null;
}

/** Which column holds which of our fields, and what is assumed where a row says nothing. */
export interface ImportMapping {
  readonly preset: 'nyc-service' | 'guessed' | 'saved' | 'own';
  /** Name of the source system: with a row's id it says which request a row is. */
  readonly system: string;
  readonly columns: Readonly<Partial<Record<ImportField, string>>>;
  readonly defaults: ImportDefaults;
  readonly dateOrder: DateOrder;
  readonly shiftDates: ShiftDates;
  /** First service day for rows whose dates have passed; they are spread over two weeks from it. */
  readonly from: string | null;
}

/** Whatever may be said of a row; worded in the locale files. */
export const PROBLEM_CODES = [
  'missing',
  'assumed',
  'required',
  'cut',
  'category-unknown',
  'not-a-date',
  'date-ambiguous',
  'ends-before-start',
  'not-a-number',
  'not-a-time',
  'people-out-of-range',
  'hours-out-of-range',
  'not-a-coordinate',
  'coordinate-out-of-range',
  'not-a-locality',
  'formula',
  'row-ragged',
  'duplicate-in-file',
  'other-unit',
  'request-closed',
  'not-applied',
] as const;
/** What it may be said of: our fields, and what follows from several of them. */
export const PROBLEM_FIELDS = [...IMPORT_FIELDS, 'place', 'coordinates', 'risks', 'support', 'row'] as const;

export interface RowProblem {
  readonly field: string;
  readonly code: string;
  readonly value: string;
}

/** When a row is to be served, on the tenant's wall clock. */
export interface ShiftPlan {
  readonly date: string;
  readonly startMinutes: number;
  readonly minutes: number;
  readonly people: number;
}

/** An opportunity as we understand it; keys in a fixed order, because its fingerprint is taken from its text. */
export interface ParsedOpportunity {
  readonly sourceId: string;
  readonly title: string;
  readonly description: string;
  readonly category: string;
  readonly organisation: string;
  readonly placeLabel: string;
  readonly address: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly risks: string;
  readonly support: string;
  /** What the row states, or the mapping assumes, of its time; null where neither does. */
  readonly date: string | null;
  readonly startMinutes: number | null;
  readonly hours: number | null;
  readonly people: number | null;
  /** What follows from it on the day of the import. */
  readonly shift: ShiftPlan | null;
}

/** What one row came to: accepted (`parsed`) or rejected (null), with everything noticed on the way. */
export interface RowJudgement {
  readonly parsed: ParsedOpportunity | null;
  readonly problems: readonly RowProblem[];
  /** Fields that the row does not state and the mapping filled. */
  readonly assumed: readonly string[];
}

export interface JudgedLine extends RowJudgement {
  /** Line number in the file's own counting of records; the header is 1. */
  readonly line: number;
  readonly original: Readonly<Record<string, string>>;
  /** The row has more or fewer cells than the header. */
  readonly ragged: boolean;
  /** What a person put in the place of cells. */
  readonly fixes: RowFixes;
  readonly skipped: boolean;
  /** The source's id as the row alone says it, whether or not another row has it too; empty when the row cannot be read. */
  readonly key: string;
  readonly fingerprint: string;
}

/**
 * Texts that stand in for a row's cells, by our field: the cells themselves stay as they came. `row` says that somebody
 * looked at a row with too many or too few cells and found its values in the right columns.
 */
export type RowFixes = Readonly<Partial<Record<ImportField | 'row', string>>>;

/** A file as a table: texts only. */
export interface Table {
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030';
  readonly delimiter: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}
export interface TableRow {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
  /** The row has more or fewer cells than the header: its values may stand in wrong columns. */
  readonly ragged: boolean;
  readonly fixes?: RowFixes;
  /** Left out by a person: it is judged all the same, but takes no id from another row. */
  readonly skipped?: boolean;
}
