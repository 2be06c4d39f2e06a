/** Wall time of the demo place. China keeps UTC+8 all year, so plain arithmetic is exact. */
const OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

/** The instant of `minute` (from midnight) on the day `days` away from today. */
export function wallTime(today: Date, days: number, minute: number): Date {
  const localMidnight = Math.floor((today.getTime() + OFFSET_MS) / DAY_MS) * DAY_MS - OFFSET_MS;
  return new Date(localMidnight + days * DAY_MS + minute * 60_000);
}

/** Local date `YYYY-MM-DD` of the day `days` away from today. */
export const localDay = (today: Date, days: number): string =>
  new Date(wallTime(today, days, 0).getTime() + OFFSET_MS).toISOString().slice(0, 10);

/** 1 Monday … 7 Sunday of that day. */
export const weekday = (today: Date, days: number): number =>
  new Date(wallTime(today, days, 0).getTime() + OFFSET_MS).getUTCDay() || 7;
