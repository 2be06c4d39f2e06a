import { addDays, daysBetween } from '../../core/time.ts';

/** Days before the end of a registration on which its holder is reminded, unless the programme names others. */
export const REMIND_DAYS: readonly number[] = [180, 90, 30, 7];

export interface Reminder {
  readonly days: number;
  /** Local day on which it is due. */
  readonly on: string;
}

/** Every reminder of a registration that ends on the day, the first one first; each length of time once. */
export const remindersOf = (endsOn: string, days: readonly number[] = REMIND_DAYS): Reminder[] =>
  [...new Set(days)].sort((a, b) => b - a).map((before) => ({ days: before, on: addDays(endsOn, -before) }));

/** The next one that is still to come after the day; null when none is. */
export const nextReminder = (reminders: readonly Reminder[], after: string): Reminder | null =>
  reminders.find(({ on }) => on > after) ?? null;

/**
 * The one to send on the day: the last that is due and was not sent. Where several have become due at once, the older ones
 * say nothing any more.
 */
export const dueReminder = (reminders: readonly Reminder[], from: string, today: string): Reminder | null =>
  reminders.findLast(({ on }) => on >= from && on <= today) ?? null;

export interface PaceFacts {
  readonly start: string;
  readonly end: string;
  readonly totalMinutes: number;
  readonly requiredMinutes: number;
}

/** Where somebody comes to who goes on as until now. */
export interface Forecast {
  /** Whole minutes that are there at the end. */
  readonly projectedMinutes: number;
  /** What is missing then; 0 when nothing is. */
  readonly missingMinutes: number;
  /** The day on which everything is there; null when that is after the end, or nothing has been learned yet. */
  readonly reachedOn: string | null;
}

/** A day is too short to tell a pace; so long is waited. */
const SHORTEST_DAYS = 30;

/** The pace of the cycle until today, carried on to its end. @returns null before there is a pace */
export function forecast(
  { start, end, totalMinutes, requiredMinutes }: PaceFacts,
  today: string,
): Forecast | null {
  const passed = daysBetween(start, today) + 1;
  const left = daysBetween(today, end);
  if (totalMinutes >= requiredMinutes)
    return { projectedMinutes: totalMinutes, missingMinutes: 0, reachedOn: today };
  if (passed < SHORTEST_DAYS || left < 0) return null;
  const projectedMinutes = totalMinutes + Math.floor((totalMinutes * left) / passed);
  const needed =
    totalMinutes === 0 ? Infinity : Math.ceil(((requiredMinutes - totalMinutes) * passed) / totalMinutes);
  return {
    projectedMinutes,
    missingMinutes: Math.max(0, requiredMinutes - projectedMinutes),
    reachedOn: needed <= left ? addDays(today, needed) : null,
  };
}

/** One thing that an application needs. */
export interface ChecklistItem {
  readonly code: 'registration' | 'window' | 'hours' | 'evidence' | 'certificate' | 'identity' | 'capacity';
  readonly done: boolean;
  readonly params: Readonly<Record<string, string | number>>;
}

export interface ChecklistFacts {
  readonly today: string;
  readonly state: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly missingMinutes: number;
  /** Everything that the programme still lacks, minima by category included. */
  readonly shortfalls: number;
  /** Titles of what counts and has no picture of its evidence. */
  readonly withoutEvidence: readonly string[];
  readonly certificatePictures: number;
  readonly identified: boolean;
  readonly age: number | null;
}

/** What is there and what is missing, in the order in which people ask for it. */
export function checklist(facts: ChecklistFacts): ChecklistItem[] {
  const { today, windowStart, windowEnd } = facts;
  return [
    {
      code: 'registration',
      done: ['valid', 'expiring'].includes(facts.state),
      params: { state: facts.state },
    },
    {
      code: 'window',
      done: today >= windowStart && today <= windowEnd,
      params: {
        when: today < windowStart ? 'early' : today > windowEnd ? 'late' : 'open',
        from: windowStart,
        to: windowEnd,
      },
    },
    { code: 'hours', done: facts.shortfalls === 0, params: { minutes: facts.missingMinutes } },
    {
      code: 'evidence',
      done: facts.withoutEvidence.length === 0,
      params: { count: facts.withoutEvidence.length },
    },
    { code: 'certificate', done: facts.certificatePictures > 0, params: {} },
    { code: 'identity', done: facts.identified, params: {} },
    // Full civil capacity begins at eighteen.
    { code: 'capacity', done: facts.age !== null && facts.age >= 18, params: {} },
  ];
}
