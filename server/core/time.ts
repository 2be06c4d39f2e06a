import { DateTime } from 'luxon';

/**
 * Between instants, which are stored, and the wall clocks people read. Every function that needs a zone takes it; nothing
 * here knows "now". Dates without a time are texts `YYYY-MM-DD` and never pass through `new Date(text)` (F-31).
 */
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Whether the text is a day of the calendar: 2026-02-29 is not. */
export function isDate(text: string): boolean {
  const match = DATE.exec(text);
  if (!match) return false;
  return DateTime.fromObject(
    { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) },
    { zone: 'utc' },
  ).isValid;
}

/**
 * The instant at which the zone's clocks show `minutes` after midnight of the date. A time that a change to summer time
 * skips moves forward by the gap; one that occurs twice means the first.
 */
export function wallToInstant(wall: { date: string; minutes: number; zone: string }): Date {
  const day = DateTime.fromISO(wall.date, { zone: wall.zone });
  if (!day.isValid) throw new RangeError(`${wall.date} ${wall.zone} is no day`);
  // Built from the fields: adding minutes to midnight would shift by an hour on the nights of a change.
  const days = Math.floor(wall.minutes / 1_440);
  const rest = wall.minutes - days * 1_440;
  const base = day.plus({ days });
  const local = DateTime.fromObject(
    { year: base.year, month: base.month, day: base.day, hour: Math.floor(rest / 60), minute: rest % 60 },
    { zone: wall.zone },
  );
  return new Date(Math.min(...local.getPossibleOffsets().map((possible) => possible.toMillis())));
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
export const weekdayOf = (date: string): number => DateTime.fromISO(date, { zone: 'utc' }).weekday;

/** Whole days from one date to another. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

const QUARTER_MS = 15 * 60_000;
const MOST_OFFSETS = 20_000;
const offsets = new Map<string, number>();

/**
 * Milliseconds that the zone's clocks are ahead of UTC at the instant. Kept by the quarter of an hour, since clocks have
 * changed only on one since 1970: pages ask for the same days many times, and asking the calendar is dear.
 */
function offsetAt(at: number, zone: string): number {
  if (!(at >= 0)) return DateTime.fromMillis(at, { zone }).offset * 60_000;
  const key = `${zone}|${Math.floor(at / QUARTER_MS)}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  if (offsets.size >= MOST_OFFSETS) offsets.clear();
  const offset = DateTime.fromMillis(at, { zone }).offset * 60_000;
  offsets.set(key, offset);
  return offset;
}

/** What the zone's calendars and clocks show at the instant, to be read off as if it were UTC. */
export const shownAt = (instant: Date, zone: string): Date =>
  new Date(instant.getTime() + offsetAt(instant.getTime(), zone));

/** The date that the zone's calendars show at the instant. */
export const localDate = (instant: Date, zone: string): string =>
  shownAt(instant, zone).toISOString().slice(0, 10);

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
export const addDays = (date: string, days: number): string =>
  DateTime.fromISO(date, { zone: 'utc' }).plus({ days }).toFormat('yyyy-MM-dd');

/** The date so many months later; the last day of a shorter month stands for a day it lacks (F-32). */
export const addMonths = (date: string, months: number): string =>
  DateTime.fromISO(date, { zone: 'utc' }).plus({ months }).toFormat('yyyy-MM-dd');

/** Whole years of age on the date; who was born on 29 February turns older on 1 March of common years. */
export function ageOn(birthDate: string, date: string): number {
  const years = Number(date.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return date.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

/** Whole minutes from one instant to another, cut down; the night of a clock change is as long as it was (F-31). */
export const minutesBetween = (from: Date, to: Date): number =>
  Math.floor((to.getTime() - from.getTime()) / 60_000);

export const isZone = (zone: string): boolean => DateTime.local({ zone }).isValid;
