/**
 * Working days as rules: which days count is data, counting them is here. Dates are `YYYY-MM-DD`; no clock,
 * no zone: whoever asks says which local day it is.
 */
export interface WorkCalendar {
  isWorkingDay(date: string): boolean;
}

const DAY_MS = 86_400_000;
/** Nobody counts further than this: a calendar on which no day works must not run for ever. */
const LONGEST_SPAN_DAYS = 3_660;

const instantOf = (date: string): number => Date.parse(`${date}T00:00:00Z`);
const dateOf = (instant: number): string => new Date(instant).toISOString().slice(0, 10);
export const nextDay = (date: string): string => dateOf(instantOf(date) + DAY_MS);

/** Monday to Friday: what counts where nobody has said otherwise. */
export function isWeekday(date: string): boolean {
  const day = new Date(instantOf(date)).getUTCDay();
  return day !== 0 && day !== 6;
}

/**
 * The last day of a limit of `count` working days that begins to run on the day after `from`; `from` itself for none.
 * Working days end at midnight, so what happens on the day that is returned is in time.
 */
export function addWorkingDays(from: string, count: number, calendar: WorkCalendar): string {
  let date = from;
  let left = count;
  for (let passed = 0; left > 0; passed += 1) {
    if (passed > LONGEST_SPAN_DAYS) throw new Error('A calendar without working days');
    date = nextDay(date);
    if (calendar.isWorkingDay(date)) left -= 1;
  }
  return date;
}

/** Working days after `from` up to `to`, the last one counted; 0 when `to` is not later. */
export function workingDaysBetween(from: string, to: string, calendar: WorkCalendar): number {
  let count = 0;
  for (let date = from; date < to;) {
    date = nextDay(date);
    if (calendar.isWorkingDay(date)) count += 1;
  }
  return count;
}
