import { planShift, serviceDay } from './import.schedule.rules.ts';
import { cleanLine, cleanProse, cut, flattenFormula, isFormula } from './import.text.rules.ts';
import type {
  ImportField,
  ImportMapping,
  ParsedOpportunity,
  RowJudgement,
  RowProblem,
  TableRow,
} from './import.types.ts';
import { readCoordinates, readDate, readLocality, readNumber, readTime } from './import.value.rules.ts';
import type { Coordinates, Locality, Read } from './import.value.rules.ts';

/** Lengths that a request can hold (keep in step with requests/request.schema.ts; a test compares them). */
export const LIMITS = {
  title: 80,
  description: 4_000,
  organisation: 60,
  placeLabel: 80,
  address: 160,
  id: 100,
};
const MOST_PEOPLE = 10_000;
const MOST_HOURS = 24;

export interface RowFacts {
  /** Today on the tenant's calendar. */
  readonly today: string;
  /** Service area by the name a source may use, lower case. */
  readonly categories: ReadonlyMap<string, string>;
}

/** Problems that leave nothing to work with; all others are reported and the row is taken. */
const FATAL = new Set([
  'row-ragged',
  'formula',
  'required',
  'not-a-date',
  'date-ambiguous',
  'ends-before-start',
  'not-a-number',
  'not-a-time',
  'people-out-of-range',
  'duplicate-in-file',
]);
export const isFatal = (problem: RowProblem): boolean => FATAL.has(problem.code);

interface Notes {
  readonly problems: RowProblem[];
  readonly assumed: string[];
}

type Cells = (field: ImportField) => string;

/** Understands one row by the mapping: what it states, what is missing or assumed, and why it is rejected if it is. */
export function judgeRow(row: TableRow, mapping: ImportMapping, facts: RowFacts): RowJudgement {
  const notes: Notes = { problems: [], assumed: [] };
  const cell: Cells = (field) => {
    const raw = cellText(row, mapping, field);
    if (isFormula(raw)) note(notes, field, 'formula', raw);
    return flattenFormula(raw);
  };
  if (row.ragged && row.fixes?.row === undefined) note(notes, 'row', 'row-ragged', '');
  const parsed = readRow(cell, mapping, facts, notes);
  return {
    parsed: notes.problems.some(isFatal) ? null : parsed,
    problems: notes.problems,
    assumed: [...new Set(notes.assumed)],
  };
}

/** What stands for a field: what a person put there, else the cell of its column; empty without either. */
export function cellText(
  row: Pick<TableRow, 'cells' | 'fixes'>,
  mapping: Pick<ImportMapping, 'columns'>,
  field: ImportField,
): string {
  const column = mapping.columns[field];
  return row.fixes?.[field] ?? (column === undefined ? '' : (row.cells[column] ?? ''));
}

function readRow(cell: Cells, mapping: ImportMapping, facts: RowFacts, notes: Notes): ParsedOpportunity {
  const { defaults } = mapping;
  const title = required(cell, 'title', notes);
  const place = readPlace(cell, mapping, notes);
  const date = optional(cell('date'), (text) => readDate(text, mapping.dateOrder), 'date', notes);
  const endDate = optional(cell('endDate'), (text) => readDate(text, mapping.dateOrder), 'endDate', notes);
  if (date !== null && endDate !== null && endDate < date)
    note(notes, 'endDate', 'ends-before-start', cell('endDate'));
  const sourceId = readId(cell, mapping, { title, date, place: place.label }, notes);
  const day = serviceDay({ sourceId, date }, mapping, facts.today);
  if (date === null && mapping.columns.date !== undefined && cell('date').trim() === '')
    note(notes, 'date', 'missing', '');
  if (day?.assumed) notes.assumed.push('date');
  // One shift is planned; when a task that goes on for months is served again, the source does not say.
  if (day && /ongoing|长期|常态|weekly|每周/i.test(cell('recurrence'))) notes.assumed.push('recurrence');
  const times = {
    startMinutes: readStart(cell, mapping, notes),
    hours: readHours(cell, mapping, notes),
    people: readPeople(cell, mapping, notes),
  };
  return {
    sourceId,
    title: limited(title, 'title', LIMITS.title, notes),
    description: readDescription(cell, title, notes),
    category: readCategory(cell, mapping, facts, notes),
    organisation: limited(cleanLine(cell('organisation')), 'organisation', LIMITS.organisation, notes),
    placeLabel: place.label,
    address: place.address,
    latitude: place.coordinates?.latitude ?? null,
    longitude: place.coordinates?.longitude ?? null,
    risks: assumedText(defaults.risks, 'risks', notes),
    support: assumedText(defaults.support, 'support', notes),
    date,
    ...times,
    shift: planShift(day, times),
  };
}

function note(notes: Notes, field: string, code: string, value: string): void {
  if (notes.problems.some((known) => known.field === field && known.code === code)) return;
  notes.problems.push({ field, code, value: cut(cleanLine(value), 200) });
}

function required(cell: Cells, field: ImportField, notes: Notes): string {
  const text = cleanLine(cell(field));
  if (text === '') note(notes, field, 'required', '');
  return text;
}

/** Reads a value that may be missing; what stands there and cannot be read is a problem. */
function optional<T>(
  text: string,
  read: (text: string) => Read<T>,
  field: ImportField,
  notes: Notes,
): T | null {
  if (text.trim() === '') return null;
  const result = read(text);
  if ('value' in result) return result.value;
  note(notes, field, result.code, text);
  return null;
}

function limited(text: string, field: ImportField, max: number, notes: Notes): string {
  if (text.length > max) note(notes, field, 'cut', text);
  return cut(text, max);
}

/** The source's id; without an id column what the row says of itself, so that the same row stays the same request. */
function readId(
  cell: Cells,
  mapping: ImportMapping,
  said: { title: string; date: string | null; place: string },
  notes: Notes,
): string {
  if (mapping.columns.id !== undefined || cell('id') !== '')
    return cut(required(cell, 'id', notes), LIMITS.id);
  notes.assumed.push('id');
  return cut([said.title, said.date ?? '', said.place, cleanLine(cell('organisation'))].join('|'), 300);
}

function readDescription(cell: Cells, title: string, notes: Notes): string {
  const text = cleanProse(cell('description'));
  if (text === '') note(notes, 'description', 'missing', '');
  // What a title was cut of is still to be read.
  const whole = title.length > LIMITS.title ? `${title}\n\n${text}`.trim() : text;
  return limited(whole, 'description', LIMITS.description, notes);
}

function readCategory(cell: Cells, mapping: ImportMapping, facts: RowFacts, notes: Notes): string {
  const text = cleanLine(cell('category'));
  const known = facts.categories.get(text.toLowerCase());
  if (known !== undefined) return known;
  note(notes, 'category', text === '' ? 'missing' : 'category-unknown', text);
  if (text === '' && mapping.defaults.category !== null) notes.assumed.push('category');
  return text === '' ? (mapping.defaults.category ?? 'other') : 'other';
}

function assumedText(text: string | null, field: string, notes: Notes): string {
  if (text === null || text === '') return '';
  notes.assumed.push(field);
  return text;
}

/** Sources write 0 for "not known"; the mapping's default stands in. */
function readStart(cell: Cells, mapping: ImportMapping, notes: Notes): number | null {
  const text = cell('startTime').trim();
  const stated = /^0*$/.test(text) ? null : optional(text, readTime, 'startTime', notes);
  // A time that stands there and cannot be read is a fault of the row, not a gap.
  if (stated !== null || !/^0*$/.test(text)) return stated;
  const fallback = mapping.defaults.startTime === null ? null : readTime(mapping.defaults.startTime);
  if (fallback && 'value' in fallback) {
    notes.assumed.push('startTime');
    return fallback.value;
  }
  note(notes, 'startTime', 'missing', text);
  return null;
}

function readHours(cell: Cells, mapping: ImportMapping, notes: Notes): number | null {
  const text = cell('hours').trim();
  const stated = /^0*(\.0*)?$/.test(text) ? null : optional(text, readNumber, 'hours', notes);
  if (stated !== null && stated > 0 && stated <= MOST_HOURS) return stated;
  if (stated !== null) note(notes, 'hours', 'hours-out-of-range', text);
  else if (!/^0*(\.0*)?$/.test(text)) return null;
  if (mapping.defaults.hours === null) note(notes, 'hours', 'missing', text);
  else notes.assumed.push('hours');
  return mapping.defaults.hours;
}

function readPeople(cell: Cells, mapping: ImportMapping, notes: Notes): number | null {
  const text = cell('people').trim();
  const stated = optional(text, readNumber, 'people', notes);
  if (stated !== null) {
    if (Number.isInteger(stated) && stated >= 1 && stated <= MOST_PEOPLE) return stated;
    note(notes, 'people', 'people-out-of-range', text);
  }
  if (text !== '') return null;
  if (mapping.defaults.people === null) note(notes, 'people', 'missing', text);
  else notes.assumed.push('people');
  return mapping.defaults.people;
}

interface PlaceFound {
  readonly label: string;
  readonly address: string;
  readonly coordinates: Coordinates | null;
}

/** The place in words and as a point, from whichever columns say it: own coordinate columns before the printed dictionary. */
function readPlace(cell: Cells, mapping: ImportMapping, notes: Notes): PlaceFound {
  const locality = optional(cell('locality'), readLocality, 'locality', notes);
  const own = readPoint(cell, notes);
  const coordinates = own ?? locality?.coordinates ?? null;
  if (coordinates === null) note(notes, 'coordinates', 'missing', '');
  const street = cleanLine(cell('address')) || (locality?.address ?? '');
  const address = joined([street, locality?.city, locality?.state, locality?.zip || cell('postcode')]);
  const label = cleanLine(cell('placeLabel')) || nameOf(cell, street, locality);
  if (label !== '')
    return {
      label: limited(label, 'placeLabel', LIMITS.placeLabel, notes),
      address: cut(address, LIMITS.address),
      coordinates,
    };
  if (mapping.defaults.place === null) note(notes, 'placeLabel', 'required', '');
  else notes.assumed.push('place');
  return { label: mapping.defaults.place ?? '', address: cut(address, LIMITS.address), coordinates };
}

const joined = (parts: readonly (string | undefined)[]): string =>
  parts
    .map((part) => cleanLine(part ?? ''))
    .filter((part) => part !== '')
    .join(', ');

/** A few words for lists: the street with its quarter, else whatever names an area. */
function nameOf(cell: Cells, street: string, locality: Locality | null): string {
  const area = titleCase(cleanLine(cell('area'))) || (locality?.city ?? '');
  return street === '' ? area : joined([street, area]);
}

/** Names in capitals are written as names. */
const titleCase = (text: string): string =>
  /^[A-Z' -]{3,}$/.test(text)
    ? text.toLowerCase().replace(/(^|[ -])[a-z]/g, (letter) => letter.toUpperCase())
    : text;

function readPoint(cell: Cells, notes: Notes): Coordinates | null {
  const [latitude, longitude] = [cell('latitude').trim(), cell('longitude').trim()];
  if (latitude === '' && longitude === '') return null;
  const read = readCoordinates(latitude, longitude);
  if ('value' in read) return read.value;
  note(notes, 'coordinates', read.code, joined([latitude, longitude]));
  return null;
}
