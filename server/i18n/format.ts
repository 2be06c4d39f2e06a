import { now as clockNow } from '../core/clock.ts';
import type { Locale } from '../core/locale.ts';
import { shownAt } from '../core/time.ts';

/**
 * Dates, times and amounts as people read them. Whatever shows a moment asks for a zone: the tenant's, never the
 * machine's. Moments are `Date`, epoch milliseconds or RFC 3339 text; `YYYY-MM-DD` is a calendar day and is never shifted.
 */
export type Moment = Date | number | string;

export interface Place {
  readonly locale: Locale;
  /** IANA zone, e.g. `Asia/Shanghai`. */
  readonly zone: string;
}

const CALENDAR_DAY = /^\d{4}-\d{2}-\d{2}$/;
// en-GB: day before month, 24 hours; the English pages are for a Chinese county, not for the United States.
const INTL: Record<Locale, string> = { 'zh-CN': 'zh-CN', en: 'en-GB' };

const formats = new Map<string, Intl.DateTimeFormat>();
function formatter(place: Place, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const id = `${place.locale}|${place.zone}|${JSON.stringify(options)}`;
  let found = formats.get(id);
  if (!found) {
    found = new Intl.DateTimeFormat(INTL[place.locale], {
      ...options,
      timeZone: place.zone,
      calendar: 'gregory',
    });
    formats.set(id, found);
  }
  return found;
}

/** @throws RangeError for text that is no moment: a view that prints "Invalid Date" is a bug. */
function toDate(value: Moment): Date {
  const date = value instanceof Date ? value : new Date(value);
  if (Number.isNaN(date.getTime())) throw new RangeError(`Not a moment: ${String(value)}`);
  return date;
}

interface DayParts {
  year: number;
  month: number;
  day: number;
  key: string;
}

function dayParts(date: Date, zone: string): DayParts {
  const shown = shownAt(date, zone);
  const [year, month, day] = [shown.getUTCFullYear(), shown.getUTCMonth() + 1, shown.getUTCDate()];
  return { year, month, day, key: `${year}-${month}-${day}` };
}

/** A year whose first of January was a Sunday, to ask for the names of weekdays and months. */
const NAMED_YEAR = 2023;
const namesOf = (
  locale: Locale,
  options: Intl.DateTimeFormatOptions,
  dates: readonly (readonly [month: number, day: number])[],
): string[] =>
  dates.map(([month, day]) =>
    formatter({ locale, zone: 'UTC' }, options).format(new Date(Date.UTC(NAMED_YEAR, month, day))),
  );
const named = (
  locale: Locale,
): { readonly weekdays: readonly string[]; readonly months: readonly string[] } => ({
  weekdays: namesOf(
    locale,
    { weekday: 'short' },
    Array.from({ length: 7 }, (_unused, day) => [0, day + 1] as const),
  ),
  months: namesOf(
    locale,
    { month: 'short' },
    Array.from({ length: 12 }, (_unused, month) => [month, 1] as const),
  ),
});
const names = new Map<Locale, ReturnType<typeof named>>();
/** Asked of the calendar once: a page shows a hundred days and times, and each question costs as much as a database row. */
function namesIn(locale: Locale): ReturnType<typeof named> {
  const known = names.get(locale) ?? named(locale);
  names.set(locale, known);
  return known;
}

/** A calendar day is the same everywhere: shown in UTC, where its midnight lies. */
const placeOf = (value: Moment, place: Place): Place =>
  typeof value === 'string' && CALENDAR_DAY.test(value) ? { ...place, zone: 'UTC' } : place;

/** "2026年11月25日" / "25 November 2026". */
export function formatDate(value: Moment, place: Place): string {
  return formatter(placeOf(value, place), { year: 'numeric', month: 'long', day: 'numeric' }).format(
    toDate(value),
  );
}

/** "11月25日 周三" / "Wed 25 Nov"; the year is added when it is not the current one. */
export function formatDay(value: Moment, place: Place): string {
  const where = placeOf(value, place);
  const date = toDate(value);
  const { year, month, day } = dayParts(date, where.zone);
  const { weekdays, months } = namesIn(place.locale);
  const weekday = weekdays[shownAt(date, where.zone).getUTCDay()] ?? '';
  const sameYear = year === dayParts(clockNow(), place.zone).year;
  if (place.locale === 'zh-CN') return `${sameYear ? '' : `${year}年`}${month}月${day}日 ${weekday}`;
  return `${weekday} ${day} ${months[month - 1] ?? ''}${sameYear ? '' : ` ${year}`}`;
}

/** "11月" / "Nov" of a month `YYYY-MM`. */
export const formatMonth = (month: string, locale: Locale): string =>
  formatter({ locale, zone: 'UTC' }, { month: 'short' }).format(new Date(`${month}-01T00:00:00Z`));

/** "09:30", 24 hours. */
export function formatTime(value: Moment, place: Place): string {
  const shown = shownAt(toDate(value), place.zone);
  const two = (amount: number): string => String(amount).padStart(2, '0');
  return `${two(shown.getUTCHours())}:${two(shown.getUTCMinutes())}`;
}

/** "11月25日 周三 09:30" / "Wed 25 Nov, 09:30". */
export function formatDateTime(value: Moment, place: Place): string {
  return `${formatDay(value, place)}${place.locale === 'en' ? ',' : ''} ${formatTime(value, place)}`;
}

/** "11月25日 周三 09:30–11:30"; across midnight the second day is named too, the end of a day is 24:00 of that day. */
export function formatTimeSpan(start: Moment, end: Moment, place: Place): string {
  const [from, to] = [toDate(start), toDate(end)];
  const first = dayParts(from, place.zone);
  const last = dayParts(to, place.zone);
  if (first.key === last.key) return `${formatDateTime(from, place)}–${formatTime(to, place)}`;
  const endsAtMidnight =
    formatTime(to, place) === '00:00' && dayParts(new Date(to.getTime() - 1), place.zone).key === first.key;
  if (endsAtMidnight) return `${formatDateTime(from, place)}–24:00`;
  return `${formatDateTime(from, place)} – ${formatDateTime(to, place)}`;
}

/** Whole minutes as hours with at most two decimals: 90 → "1.5 小时" / "1.5 h". */
export function formatMinutes(minutes: number, locale: Locale): string {
  const hours = formatNumber(minutes / 60, locale, { maximumFractionDigits: 2 });
  return locale === 'zh-CN' ? `${hours} 小时` : `${hours} h`;
}

/** Whole minutes without rounding: 100 → "1 小时 40 分" / "1 h 40 min". For ledgers and disputes. */
export function formatMinutesExactly(minutes: number, locale: Locale): string {
  const sign = minutes < 0 ? '−' : '';
  const whole = Math.abs(minutes);
  const [hours, rest] = [formatNumber(Math.floor(whole / 60), locale), whole % 60];
  const [h, m] = locale === 'zh-CN' ? [' 小时', ' 分'] : [' h', ' min'];
  const parts = [whole >= 60 ? `${hours}${h}` : '', rest > 0 || whole < 60 ? `${rest}${m}` : ''];
  return sign + parts.filter((part) => part !== '').join(' ');
}

type NumberOptions = Pick<Intl.NumberFormatOptions, 'style' | 'maximumFractionDigits'>;
const numbers = new Map<string, Intl.NumberFormat>();
/** "12,345.6". */
export function formatNumber(value: number | bigint, locale: Locale, options: NumberOptions = {}): string {
  const { style = '', maximumFractionDigits = '' } = options;
  const id = `${locale}|${style}|${maximumFractionDigits}`;
  let found = numbers.get(id);
  if (!found) numbers.set(id, (found = new Intl.NumberFormat(INTL[locale], options)));
  return found.format(value);
}

/** Metres, as exact as a person needs: "350 米", "2.4 公里", "13 公里" / "350 m", "2.4 km". */
export function formatDistance(metres: number, locale: Locale): string {
  const [metre, kilometre] = locale === 'zh-CN' ? ['米', '公里'] : ['m', 'km'];
  if (metres < 995) return `${formatNumber(Math.round(metres / 10) * 10, locale)} ${metre}`;
  const digits = metres < 9950 ? 1 : 0;
  return `${formatNumber(metres / 1000, locale, { maximumFractionDigits: digits })} ${kilometre}`;
}

const RELATIVE_STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** "星期一", "Mon": ISO weekdays, 1 (Monday) to 7. */
export function formatWeekday(weekday: number, locale: Locale, style: 'long' | 'short' = 'long'): string {
  // 22 November 2026 is a Sunday.
  return formatter({ locale, zone: 'UTC' }, { weekday: style }).format(Date.UTC(2026, 10, 22 + weekday));
}

const relatives = new Map<Locale, Intl.RelativeTimeFormat>();
function relativeFormat(locale: Locale): Intl.RelativeTimeFormat {
  let found = relatives.get(locale);
  if (!found) relatives.set(locale, (found = new Intl.RelativeTimeFormat(INTL[locale], { numeric: 'auto' })));
  return found;
}

/** "3 天后", "2 hours ago"; days are counted by the zone's calendar, so that tomorrow is tomorrow. */
export function formatRelative(value: Moment, place: Place, from: Moment = clockNow()): string {
  const then = toDate(value);
  const base = toDate(from);
  const seconds = (then.getTime() - base.getTime()) / 1000;
  const relative = relativeFormat(place.locale);
  // The calendar writes 3天后; everywhere else on a page there is a space between a number and a word.
  const format = (amount: number, unit: Intl.RelativeTimeFormatUnit): string =>
    relative.format(amount, unit).replace(/(\d)(?=\p{Script=Han})/gu, '$1 ');
  const calendarDays = daysBetween(base, then, place.zone);
  if (Math.abs(calendarDays) >= 1 && Math.abs(calendarDays) < 7 && Math.abs(seconds) >= 6 * 3600) {
    return format(calendarDays, 'day');
  }
  for (const [unit, size] of RELATIVE_STEPS) {
    if (Math.abs(seconds) >= size) return format(Math.trunc(seconds / size), unit);
  }
  return format(0, 'second');
}

function daysBetween(from: Date, to: Date, zone: string): number {
  const midnight = (date: Date): number => {
    const { year, month, day } = dayParts(date, zone);
    return Date.UTC(year, month - 1, day);
  };
  return Math.round((midnight(to) - midnight(from)) / 86_400_000);
}
