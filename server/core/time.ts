import { DateTime } from 'luxon';

/**
 * Between instants, which are stored, and the wall clocks people read. Every function that needs a zone takes it; nothing
 * here knows "now". Dates without a time are texts `YYYY-MM-DD` and never pass through `new Date(text)` (F-31).
 */
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

const DAY_MS = 86_400_000;
const midnightUtc = (date: string): number => Date.parse(`${date}T00:00:00Z`);
const dateUtc = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Whether the text is a day of the calendar: 2026-02-29 is not. */
export function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const at = midnightUtc(text);
  // Some days that there are not are read as the first ones of the next month.
  return !Number.isNaN(at) && dateUtc(at) === text;
}

/**
 * The instant at which the zone's clocks show `minutes` after midnight of the date. A time that a change to summer time
 * skips moves forward by the gap; one that occurs twice means the first.
 * @throws RangeError when the date or the zone is none
 */
export function wallToInstant(wall: { date: string; minutes: number; zone: string }): Date {
  const { zone } = wall;
  const shown = isDate(wall.date) ? midnightUtc(wall.date) + wall.minutes * 60_000 : Number.NaN;
  // Whatever the zone, the instant lies within a day of its reading as UTC, and clocks change once in that time at most.
  const before = offsetAt(shown - DAY_MS, zone);
  const after = offsetAt(shown + DAY_MS, zone);
  if (Number.isNaN(before + after)) throw new RangeError(`${wall.date} ${zone} is no day`);
  const possible = [shown - Math.max(before, after), shown - Math.min(before, after)];
  return new Date(possible.find((at) => at + offsetAt(at, zone) === shown) ?? shown - before);
}

/** How often the zone's clocks show the time on that date: a change to summer time skips some, one back doubles some. */
export function wallClock(wall: {
  date: string;
  minutes: number;
  zone: string;
}): 'once' | 'skipped' | 'twice' {
  const minutes = ((wall.minutes % 1_440) + 1_440) % 1_440;
  const instant = wallToInstant(wall);
  if (localMinutes(instant, wall.zone) !== minutes) return 'skipped';
  const possible = DateTime.fromJSDate(instant, { zone: wall.zone }).getPossibleOffsets();
  return possible.length > 1 ? 'twice' : 'once';
}

/** Weekday of a date, 1 (Monday) to 7. */
export const weekdayOf = (date: string): number => new Date(midnightUtc(date)).getUTCDay() || 7;

/** Whole days from one date to another. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

const QUARTER_MS = 15 * 60_000;
const MOST_QUARTERS = 20_000;
/** What a zone's clocks and calendars show in a quarter of an hour. */
interface Quarter {
  /** Milliseconds ahead of UTC. */
  readonly offset: number;
  /** The date, where it is the same in all of the quarter. */
  readonly date: string | null;
}
const quarters = new Map<string, Map<number, Quarter>>();
let kept = 0;

/**
 * Kept by the quarter of an hour, since clocks have changed only on one since 1970: pages ask for the same days many
 * times, and asking the calendar is dear.
 */
function quarterAt(at: number, zone: string): Quarter {
  let known = quarters.get(zone);
  if (!known) quarters.set(zone, (known = new Map()));
  const number = Math.floor(at / QUARTER_MS);
  const found = known.get(number);
  if (found) return found;
  const offset = DateTime.fromMillis(at, { zone }).offset * 60_000;
  const made = {
    offset,
    date: offset % QUARTER_MS === 0 ? dateUtc(number * QUARTER_MS + offset) : null,
  };
  if (kept >= MOST_QUARTERS) {
    quarters.clear();
    kept = 0;
  } else known.set(number, made);
  kept += 1;
  return made;
}

/** Milliseconds that the zone's clocks are ahead of UTC at the instant; not a number where there is no such zone. */
function offsetAt(at: number, zone: string): number {
  return at >= 0 ? quarterAt(at, zone).offset : DateTime.fromMillis(at, { zone }).offset * 60_000;
}

/** What the zone's calendars and clocks show at the instant, to be read off as if it were UTC. */
export const shownAt = (instant: Date, zone: string): Date =>
  new Date(instant.getTime() + offsetAt(instant.getTime(), zone));

/** The date that the zone's calendars show at the instant. */
export function localDate(instant: Date, zone: string): string {
  const at = instant.getTime();
  return (at >= 0 ? quarterAt(at, zone).date : null) ?? dateUtc(at + offsetAt(at, zone));
}

/** Minutes after midnight that the zone's clocks show. */
export function localMinutes(instant: Date, zone: string): number {
  const shown = shownAt(instant, zone);
  return shown.getUTCHours() * 60 + shown.getUTCMinutes();
}

/** Weekday 1 (Monday) to 7 and minutes after midnight, as availability is stated. */
export function localWeekdayAndMinute(instant: Date, zone: string): { weekday: number; minute: number } {
  return { weekday: shownAt(instant, zone).getUTCDay() || 7, minute: localMinutes(instant, zone) };
}

/** First instant of the date in the zone: where clocks go back at midnight there are two of them, and the first begins the day. */
export const startOfDay = (date: string, zone: string): Date => wallToInstant({ date, minutes: 0, zone });

/** The date so many days later. */
export const addDays = (date: string, days: number): string => dateUtc(midnightUtc(date) + days * DAY_MS);

/** The date so many months later; the last day of a shorter month stands for a day it lacks (F-32). */
export function addMonths(date: string, months: number): string {
  const [, year, month, day] = DATE.exec(date) ?? [];
  const count = Number(year) * 12 + Number(month) - 1 + months;
  const [newYear, newMonth] = [Math.floor(count / 12), ((count % 12) + 12) % 12];
  // Any four hundred years have the same days; `Date.UTC` takes the first hundred for those of the last century.
  const lastDay = new Date(Date.UTC(2000 + (newYear % 400), newMonth + 1, 0)).getUTCDate();
  const digits = (number: number, length: number): string => String(number).padStart(length, '0');
  return `${digits(newYear, 4)}-${digits(newMonth + 1, 2)}-${digits(Math.min(Number(day), lastDay), 2)}`;
}

/** Whole years of age on the date; who was born on 29 February turns older on 1 March of common years. */
export function ageOn(birthDate: string, date: string): number {
  const years = Number(date.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return date.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

/** Whole minutes from one instant to another, cut down; the night of a clock change is as long as it was (F-31). */
export const minutesBetween = (from: Date, to: Date): number =>
  Math.floor((to.getTime() - from.getTime()) / 60_000);

export const isZone = (zone: string): boolean => DateTime.local({ zone }).isValid;
