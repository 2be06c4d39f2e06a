import { addDays, weekdayOf } from '../../core/time.ts';

/**
 * Repetition of a shift, on dates alone: which days it falls on is decided here, at which instant the zone's clocks show
 * its times on each of them is `wallToInstant`'s business. So a zone with summer time keeps 09:00.
 *
 * The words mean what RFC 5545 says of FREQ=WEEKLY with INTERVAL, BYDAY, WKST=MO, COUNT or UNTIL, and EXDATE: weeks begin
 * on Monday, the shift itself is the first of `times`, and an exception uses up its place in the count.
 */
export interface Repetition {
  readonly everyWeeks: number;
  /** 1 (Monday) to 7; the weekday of the shift itself is among them. */
  readonly weekdays: readonly number[];
  /** Last date it may fall on. Either this or `times`. */
  readonly until: string | null;
  /** How many shifts in all, the first one included. */
  readonly times: number | null;
  /** Dates that are left out. */
  readonly except: readonly string[];
}

/** Most shifts made at once: two a week for a year, with their positions in one transaction. */
export const MOST_REPETITIONS = 120;
/** Nobody plans further; it also keeps a mistyped year out. */
export const FURTHEST_DAYS = 2 * 366;

/** Field issues of the rule for a shift on `first`; empty when it can be used. */
export function repetitionIssues(
  first: string,
  rule: Repetition,
): { readonly path: string; readonly code: string; readonly params?: Record<string, number> }[] {
  if (!rule.weekdays.includes(weekdayOf(first))) return [{ path: 'weekdays', code: 'own-weekday-missing' }];
  if (rule.until === null && rule.times === null) return [{ path: 'times', code: 'repetition-needs-end' }];
  if (rule.until !== null && rule.times !== null) return [{ path: 'until', code: 'one-end-only' }];
  if (rule.until !== null && rule.until < first) return [{ path: 'until', code: 'until-before-start' }];
  const path = rule.until === null ? 'times' : 'until';
  const { dates, end } = walk(first, rule);
  if (end === 'too-far') return [{ path, code: 'repetition-too-far', params: { years: 2 } }];
  if (end === 'too-many') return [{ path, code: 'too-many-repetitions', params: { max: MOST_REPETITIONS } }];
  return dates.length === 0 ? [{ path, code: 'nothing-repeated' }] : [];
}

/** The dates after `first` on which the shift is repeated, in order. */
export const repeatedDates = (first: string, rule: Repetition): string[] => walk(first, rule).dates;

function walk(first: string, rule: Repetition): { dates: string[]; end: 'whole' | 'too-many' | 'too-far' } {
  const monday = addDays(first, 1 - weekdayOf(first));
  const furthest = addDays(first, FURTHEST_DAYS);
  const weekdays = [...new Set(rule.weekdays)].sort((a, b) => a - b);
  const except = new Set(rule.except);
  const dates: string[] = [];
  let counted = 0;
  for (let week = 0; weekdays.length > 0; week += rule.everyWeeks) {
    for (const weekday of weekdays) {
      const date = addDays(monday, week * 7 + weekday - 1);
      if (date < first) continue;
      counted += 1;
      if ((rule.until !== null && date > rule.until) || (rule.times !== null && counted > rule.times))
        return { dates, end: 'whole' };
      if (date > furthest) return { dates, end: 'too-far' };
      if (date === first || except.has(date)) continue;
      if (dates.length === MOST_REPETITIONS) return { dates, end: 'too-many' };
      dates.push(date);
    }
  }
  return { dates, end: 'whole' };
}
