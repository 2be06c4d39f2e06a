import { spreadNumber } from './import.text.rules.ts';
import type { ImportMapping, ShiftPlan } from './import.types.ts';

const DAY_MS = 86_400_000;
/** Rows without a usable date are spread over so many days from the mapping's first service day. */
export const SPREAD_DAYS = 14;
/** Whole weeks keep the weekday; 52 of them are the same time of the next year. */
const YEAR_OF_WEEKS = 364;

/** The date (`YYYY-MM-DD`) so many days later. */
export const plusDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** The first day from `today` on that lies a whole number of 52-week years after the date. */
export function sameWeekdayLater(date: string, today: string): string {
  const behind = (Date.parse(`${today}T00:00:00Z`) - Date.parse(`${date}T00:00:00Z`)) / DAY_MS;
  return behind <= 0 ? date : plusDays(date, Math.ceil(behind / YEAR_OF_WEEKS) * YEAR_OF_WEEKS);
}

/**
 * On which day a row is served, as the mapping says: its own date when that is still ahead; a passed or missing one only
 * where the mapping moves it, and then it is assumed. The same row always falls on the same day.
 * @returns null when no shift is to be planned
 */
export function serviceDay(
  row: { readonly sourceId: string; readonly date: string | null },
  mapping: Pick<ImportMapping, 'shiftDates' | 'from'>,
  today: string,
): { date: string; assumed: boolean } | null {
  if (mapping.shiftDates === 'none') return null;
  if (row.date !== null && row.date >= today) return { date: row.date, assumed: false };
  if (mapping.from !== null)
    return { date: plusDays(mapping.from, spreadNumber(row.sourceId) % SPREAD_DAYS), assumed: true };
  if (row.date !== null && mapping.shiftDates === 'next-year-same-weekday')
    return { date: sameWeekdayLater(row.date, today), assumed: true };
  return null;
}

/** The plan of a row's shift; null when the day, the time, the length or the head count is not known. */
export function planShift(
  day: { readonly date: string } | null,
  facts: { startMinutes: number | null; hours: number | null; people: number | null },
): ShiftPlan | null {
  const { startMinutes, hours, people } = facts;
  if (!day || startMinutes === null || hours === null || people === null) return null;
  return { date: day.date, startMinutes, minutes: Math.round(hours * 60), people };
}
