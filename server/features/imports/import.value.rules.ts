import { parsePythonDict } from './import.python.rules.ts';
import { cleanLine } from './import.text.rules.ts';
import type { DateOrder } from './import.types.ts';

/** A value that was read, or the code of why it could not be. */
export type Read<T> = { readonly value: T } | { readonly code: string };

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const FULL_MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/**
 * A day of the calendar as `YYYY-MM-DD`, from the ways people write it: "June 05 2011", "5 Jun 2011", 2011-06-05,
 * 2011/6/5, 2011年6月5日, 05.06.2011, and 6/5/2011 where the order is known or only one is possible.
 */
export function readDate(text: string, order: DateOrder = 'unknown'): Read<string> {
  const plain = cleanLine(text).replace(
    /[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2}|[AaPp][Mm])?$/,
    '',
  );
  const yearFirst =
    /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?$/.exec(plain) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(plain);
  if (yearFirst) return day(yearFirst[1], yearFirst[2], yearFirst[3]);
  const monthFirst = /^([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$/.exec(plain);
  if (monthFirst) return day(monthFirst[3], monthNumber(monthFirst[1]), monthFirst[2]);
  const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})$/.exec(plain);
  if (dayFirst) return day(dayFirst[3], monthNumber(dayFirst[2]), dayFirst[1]);
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(plain);
  if (dotted) return day(dotted[3], dotted[2], dotted[1]);
  const slashed = /^(\d{1,2})[/-](\d{1,2})[/-](\d{4})$/.exec(plain);
  return slashed
    ? readSlashed(Number(slashed[1]), Number(slashed[2]), slashed[3], order)
    : { code: 'not-a-date' };
}

function readSlashed(
  first: number,
  second: number,
  year: string | undefined,
  order: DateOrder,
): Read<string> {
  if (order === 'mdy' || (order === 'unknown' && second > 12)) return day(year, first, second);
  if (order === 'dmy' || first > 12 || first === second) return day(year, second, first);
  return { code: 'date-ambiguous' };
}

function monthNumber(name: string | undefined): number {
  const lower = (name ?? '').toLowerCase();
  const full = FULL_MONTHS.indexOf(lower);
  return 1 + (full >= 0 ? full : lower === 'sept' ? 8 : MONTHS.indexOf(lower));
}

function day(year: unknown, month: unknown, date: unknown): Read<string> {
  const [y, m, d] = [Number(year), Number(month), Number(date)];
  const made = new Date(Date.UTC(y, m - 1, d));
  // Date rolls 30 February over into March: then it was no day of the calendar.
  const real = y >= 1900 && y <= 2200 && made.getUTCMonth() === m - 1 && made.getUTCDate() === d;
  return real ? { value: made.toISOString().slice(0, 10) } : { code: 'not-a-date' };
}

/** Minutes after midnight from `9:30`, `0930`, `9.30 pm`, `下午2点30分`. A bare 0 is no time: sources write it for "unknown". */
export function readTime(text: string): Read<number> {
  const plain = cleanLine(text).toLowerCase();
  const found =
    /^(上午|下午|晚上)?\s*(\d{1,2})\s*(?:[:：点时.]\s*(\d{1,2})?\s*分?)?(?::\d{2})?\s*(am|pm|a\.m\.|p\.m\.)?$/.exec(
      plain,
    ) ?? /^()(\d{1,2})(\d{2})$/.exec(plain);
  const [, half = '', hourText = '', minuteText = '0', suffix = ''] = found ?? [];
  const bare = /^\d{1,2}$/.test(plain);
  const [hour, minute] = [Number(hourText), Number(minuteText || '0')];
  if (!found || bare || minute > 59) return { code: 'not-a-time' };
  const twelve = suffix !== '' || half !== '';
  if (hour > 23 || (suffix !== '' && (hour > 12 || hour === 0))) return { code: 'not-a-time' };
  const late = suffix.startsWith('p') || half === '下午' || half === '晚上';
  const hours = twelve && hour <= 12 ? (hour % 12) + (late ? 12 : 0) : hour;
  return { value: hours * 60 + minute };
}

/** A decimal number; thousands may be grouped by commas. */
export function readNumber(text: string): Read<number> {
  const plain = cleanLine(text).replace(/^[+＋]/, '');
  const grouped = /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain) ? plain.replaceAll(',', '') : plain;
  return /^-?\d{1,12}(\.\d{1,20})?$/.test(grouped) ? { value: Number(grouped) } : { code: 'not-a-number' };
}

export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}

/** Degrees of a point on earth. Sources write 0, 0 for "unknown": nobody serves in that sea. */
export function readCoordinates(latitude: string, longitude: string): Read<Coordinates> {
  const [lat, lng] = [readNumber(latitude), readNumber(longitude)];
  if (!('value' in lat) || !('value' in lng)) return { code: 'not-a-coordinate' };
  if (Math.abs(lat.value) > 90 || Math.abs(lng.value) > 180) return { code: 'coordinate-out-of-range' };
  if (lat.value === 0 && lng.value === 0) return { code: 'not-a-coordinate' };
  return { value: { latitude: round(lat.value), longitude: round(lng.value) } };
}

/** A tenth of a metre is more than any source knows; the same place from two columns then is the same. */
const round = (degrees: number): number => Math.round(degrees * 1e6) / 1e6;

export interface Locality {
  readonly coordinates: Coordinates | null;
  readonly address: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
}

/** A place as open-data portals print it: a Python-style dictionary with coordinates and, inside, an address as JSON. */
export function readLocality(text: string): Read<Locality> {
  const dictionary = parsePythonDict(text.trim());
  if (!dictionary) return { code: 'not-a-locality' };
  const point = readCoordinates(dictionary.get('latitude') ?? '', dictionary.get('longitude') ?? '');
  const human = readHumanAddress(dictionary.get('human_address'));
  if (!human) return { code: 'not-a-locality' };
  return { value: { coordinates: 'value' in point ? point.value : null, ...human } };
}

type HumanAddress = Omit<Locality, 'coordinates'>;

function readHumanAddress(json: string | undefined): HumanAddress | null {
  if (json === undefined || json.trim() === '') return { address: '', city: '', state: '', zip: '' };
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    // Not JSON: the caller reports the whole field as unreadable.
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const part = (name: string): string => {
    const value: unknown = Object.getOwnPropertyDescriptor(parsed, name)?.value;
    return typeof value === 'string' ? cleanLine(value) : '';
  };
  return { address: part('address'), city: part('city'), state: part('state'), zip: part('zip') };
}
