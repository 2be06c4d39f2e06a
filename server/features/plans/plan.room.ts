import { mondayOf } from './plan.draft.ts';
import type { DraftPosition } from './plan.draft.ts';

/** A plan covers fewer days. */
const MOST_DAYS = 128;

/** Days and weeks of positions as numbers. */
export class Calendar {
  readonly day: Int32Array;
  readonly week: Int32Array;
  private readonly days = new Map<string, number>();
  private readonly weeks = new Map<string, number>();

  constructor(positions: readonly Pick<DraftPosition, 'day' | 'week'>[]) {
    this.day = Int32Array.from(positions, ({ day }) => numberOf(this.days, day));
    this.week = Int32Array.from(positions, ({ week }) => numberOf(this.weeks, week));
  }

  /** The number of a date's day; −1 where no position is on it. */
  dayOf(date: string): number {
    return this.days.get(date) ?? -1;
  }

  /** The number of a date's week; −1 where no position is in it. */
  weekOf(date: string): number {
    return this.weeks.get(mondayOf(date)) ?? -1;
  }

  /** The dates of the numbers of days, and the Mondays of those of weeks. */
  dates(): { readonly days: readonly string[]; readonly weeks: readonly string[] } {
    return { days: [...this.days.keys()], weeks: [...this.weeks.keys()] };
  }

  /** A person and a day, or a person and a week, as one number. */
  keyOf(person: number, at: number): number {
    return person * MOST_DAYS + at;
  }
}

function numberOf(known: Map<string, number>, word: string): number {
  const number = known.get(word) ?? known.size;
  known.set(word, number);
  return number;
}

/** What people can still take on: nobody twice on a day, nor more often in a week than the settings say. */
export class Room {
  private readonly perWeek: number;
  private readonly calendar: Calendar;
  private readonly engaged = new Set<number>();
  private readonly busyDays = new Set<number>();
  /** Dates on which somebody is engaged, by person and week. */
  private readonly busy = new Map<number, Set<string>>();

  /** @param engaged for each person who is expected or asked somewhere already, the days */
  constructor(calendar: Calendar, perWeek: number, engaged: ReadonlyMap<number, ReadonlySet<string>>) {
    this.calendar = calendar;
    this.perWeek = perWeek;
    for (const [person, dates] of engaged) for (const date of dates) this.engage(person, date);
  }

  engage(person: number, date: string): void {
    this.engaged.add(person);
    const { calendar } = this;
    const [day, week] = [calendar.dayOf(date), calendar.weekOf(date)];
    if (day >= 0) this.busyDays.add(calendar.keyOf(person, day));
    if (week < 0) return;
    const key = calendar.keyOf(person, week);
    this.busy.set(key, (this.busy.get(key) ?? new Set()).add(date));
  }

  /** Whether the person is engaged on the position's day. */
  isBusy(person: number, position: number): boolean {
    return this.busyDays.has(this.calendar.keyOf(person, this.calendar.day[position] ?? 0));
  }

  /** Places of that week that the person can still take; 0 where none is left or the day is taken. */
  left(person: number, position: number): number {
    if (!this.engaged.has(person)) return this.perWeek;
    const { calendar } = this;
    if (this.isBusy(person, position)) return 0;
    const taken = this.busy.get(calendar.keyOf(person, calendar.week[position] ?? 0))?.size ?? 0;
    return Math.max(0, this.perWeek - taken);
  }
}
