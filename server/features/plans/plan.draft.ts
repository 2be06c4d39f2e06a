import type { Staffing } from '../matching/index.ts';
import type { PairList } from './plan.pairs.ts';
import type { Calendar, Room } from './plan.room.ts';
import { certifiedOf, slotValues } from './plan.rules.ts';
import type { PlanSettings } from './plan.types.ts';

const NONE = -1;

/** What a draft needs to know of a position. */
export interface DraftPosition {
  readonly slots: number;
  readonly required: number;
  readonly taken: number;
  /** Local date of its start, and the Monday of that week. */
  readonly day: string;
  readonly week: string;
}

/** A pair that people decided. */
export interface PinnedPair {
  readonly position: number;
  readonly person: number;
  readonly certified: boolean;
}

/** The same as arrays for the solver: option k is pair k. */
export interface DraftStaffing {
  readonly staffing: Staffing;
  readonly caps: Caps;
}

/** The Monday of a date's week, both `YYYY-MM-DD`. */
export function mondayOf(date: string): string {
  const day = Date.parse(`${date}T00:00:00Z`) / 86_400_000;
  // The first of January 1970 was a Thursday.
  return new Date((day - ((day + 3) % 7)) * 86_400_000).toISOString().slice(0, 10);
}

/**
 * Positions, caps and options of a plan. Nobody is proposed twice on a day, nor more often in a week than the settings say;
 * who is expected somewhere already has the less room. Days stand inside their week only where that says more.
 * @param room what people can still take on beside what is pinned
 * @param pinned pairs that people decided: they fill places before anything else
 */
export function draftStaffing(input: {
  readonly positions: readonly DraftPosition[];
  readonly pairs: PairList;
  readonly calendar: Calendar;
  readonly room: Room;
  readonly pinned: readonly PinnedPair[];
  readonly settings: PlanSettings;
  /** People whom an earlier plan had: of two who are as good, the solver takes the other for what is new. */
  readonly settled?: ReadonlySet<number>;
}): DraftStaffing {
  const { positions, pairs, settings } = input;
  const caps = new Caps(input);
  const pinnedAt = new Int32Array(positions.length);
  const certifiedAt = new Int32Array(positions.length);
  for (const { position, certified } of input.pinned) {
    pinnedAt[position] = (pinnedAt[position] ?? 0) + 1;
    if (certified) certifiedAt[position] = (certifiedAt[position] ?? 0) + 1;
  }
  const bonusStart = new Int32Array(positions.length + 1);
  const bonus: number[] = [];
  const slots = new Int32Array(positions.length);
  positions.forEach((position, r) => {
    const fixed = pinnedAt[r] ?? 0;
    slots[r] = Math.max(0, position.slots - fixed);
    bonus.push(...slotValues({ ...position, taken: position.taken + fixed }, position.slots - fixed));
    bonusStart[r + 1] = bonus.length;
  });
  const { length } = pairs;
  return {
    caps,
    staffing: {
      slots,
      // Of all open places, so that those decided by people lower neither the threshold nor what is still missing.
      certified: Int32Array.from(positions, (position, r) =>
        Math.max(0, Math.min(slots[r] ?? 0, certifiedOf(position.slots, settings) - (certifiedAt[r] ?? 0))),
      ),
      bonusStart,
      bonus: Int32Array.from(bonus),
      most: Int32Array.from(caps.most),
      inside: Int32Array.from(caps.inside),
      position: pairs.position.slice(0, length),
      cap: caps.of,
      weight: pairs.score.slice(0, length),
      holds: pairs.certified.slice(0, length),
    },
  };
}

/** The caps of people's weeks and days, in the order in which their pairs come; those of settled people come last. */
export class Caps {
  readonly most: number[] = [];
  readonly inside: number[] = [];
  /** The innermost cap of each pair. */
  readonly of: Int32Array;
  private readonly calendar: Calendar;
  private readonly byWeek = new Numbers();
  private readonly byDay = new Numbers();
  /** The one cap of all who have no room. */
  private shut = NONE;

  constructor({
    pairs,
    calendar,
    room,
    settled = new Set(),
  }: {
    pairs: PairList;
    calendar: Calendar;
    room: Room;
    settled?: ReadonlySet<number>;
  }) {
    this.calendar = calendar;
    const days = new Days(pairs, calendar, room);
    let people = 0;
    for (let k = 0; k < pairs.length; k++) people = Math.max(people, (pairs.person[k] ?? 0) + 1);
    for (const known of [this.byWeek, this.byDay]) known.people = people;
    this.of = new Int32Array(pairs.length);
    for (const turn of settled.size > 0 ? [false, true] : [false])
      for (let k = 0; k < pairs.length; k++) {
        const [person, position] = [pairs.person[k] ?? 0, pairs.position[k] ?? 0];
        if (settled.has(person) === turn)
          this.of[k] = this.capFor(person, position, room.left(person, position), days);
      }
  }

  private capFor(person: number, position: number, left: number, days: Days): number {
    const { calendar } = this;
    if (left === 0) return (this.shut = this.shut === NONE ? this.add(0, NONE) : this.shut);
    const week = calendar.week[position] ?? 0;
    // One more a week, or as many as there are days: one cap says all.
    if (left === 1) return this.weekCap(person, week, 1);
    const day = calendar.day[position] ?? 0;
    const known = this.byDay.get(person, day);
    if (known !== NONE) return known;
    const binds = days.count(calendar.keyOf(person, week)) > left;
    return this.byDay.set(person, day, this.add(1, binds ? this.weekCap(person, week, left) : NONE));
  }

  private weekCap(person: number, week: number, most: number): number {
    const known = this.byWeek.get(person, week);
    return known === NONE ? this.byWeek.set(person, week, this.add(most, NONE)) : known;
  }

  private add(most: number, inside: number): number {
    this.most.push(most);
    this.inside.push(inside);
    return this.most.length - 1;
  }

  /** The innermost cap of a person at a position; −1 where they are an option nowhere near it. */
  innermost(person: number, position: number): number {
    const { calendar } = this;
    const day = this.byDay.get(person, calendar.day[position] ?? 0);
    return day === NONE ? this.byWeek.get(person, calendar.week[position] ?? 0) : day;
  }

  /** Every cap of somebody: of a day or of a week, by its date or Monday. */
  each(visit: (cap: number, person: number, on: { date: string; isWeek: boolean }) => void): void {
    const { days, weeks } = this.calendar.dates();
    days.forEach((date, at) =>
      this.byDay.each(at, (person, cap) => visit(cap, person, { date, isWeek: false })),
    );
    weeks.forEach((date, at) =>
      this.byWeek.each(at, (person, cap) => visit(cap, person, { date, isWeek: true })),
    );
  }

  /** What a person costs at a position by the prices of caps; also of one who is no option there yet. */
  paid(price: Float64Array, person: number, position: number): number {
    const { calendar } = this;
    const week = this.byWeek.get(person, calendar.week[position] ?? 0);
    const day = this.byDay.get(person, calendar.day[position] ?? 0);
    return (week === NONE ? 0 : (price[week] ?? 0)) + (day === NONE ? 0 : (price[day] ?? 0));
  }
}

/** A number of each person and day, or week: an array for each of these that there is, since very many are asked for. */
class Numbers {
  people = 0;
  private readonly of: (Int32Array | undefined)[] = [];

  /** NONE where there is none. */
  get(person: number, at: number): number {
    return this.of[at]?.[person] ?? NONE;
  }

  each(at: number, visit: (person: number, number: number) => void): void {
    this.of[at]?.forEach((number, person) => {
      if (number !== NONE) visit(person, number);
    });
  }

  set(person: number, at: number, number: number): number {
    const own = (this.of[at] ??= new Int32Array(this.people).fill(NONE));
    own[person] = number;
    return number;
  }
}

/** On how many days of a week somebody could serve: asked only of those who may serve more than once. */
class Days {
  private readonly found = new Map<number, number>();

  constructor(pairs: PairList, calendar: Calendar, room: Room) {
    const seen = new Set<number>();
    for (let k = 0; k < pairs.length; k++) {
      const [person, position] = [pairs.person[k] ?? 0, pairs.position[k] ?? 0];
      if (room.left(person, position) < 2) continue;
      const day = calendar.keyOf(person, calendar.day[position] ?? 0);
      if (seen.has(day)) continue;
      seen.add(day);
      const week = calendar.keyOf(person, calendar.week[position] ?? 0);
      this.found.set(week, (this.found.get(week) ?? 0) + 1);
    }
  }

  count(week: number): number {
    return this.found.get(week) ?? 0;
  }
}

/** A weight and an option share one exact number: weights stay below 2^20, options below 2^31. */
const HEAVIEST = 2 ** 20;
const EXACT = 2 ** 31;

/**
 * First come, first served: each position, in the order in which it was posted, takes the best people still free.
 * @returns the options taken
 */
export function replayFirstCome(staffing: Staffing, order: readonly number[]): number[] {
  const { slots, cap, weight, most, inside } = staffing;
  const at = (array: Int32Array, i: number): number => array[i] ?? 0;
  const { start, option } = byPosition(staffing);
  const room = most.slice();
  const taken: number[] = [];
  for (const r of order) {
    let open = at(slots, r);
    // Numbers without a comparator sort several times faster: the heaviest first, then the earlier option.
    const best = Float64Array.from(option.subarray(at(start, r), at(start, r + 1)));
    for (let i = 0; i < best.length; i++)
      best[i] = (HEAVIEST - at(weight, best[i] ?? 0)) * EXACT + (best[i] ?? 0);
    for (const one of best.sort()) {
      const k = one % EXACT;
      // Closed pairs are worth less than nothing.
      if (open === 0 || at(weight, k) < 0) break;
      const chain: number[] = [];
      for (let c = at(cap, k); c >= 0; c = at(inside, c)) chain.push(c);
      if (chain.some((c) => at(room, c) === 0)) continue;
      for (const c of chain) room[c] = at(room, c) - 1;
      taken.push(k);
      open -= 1;
    }
  }
  return taken;
}

/** The options of each position r: `option[start[r]] … option[start[r + 1] - 1]`. */
function byPosition({ slots, position }: Staffing): { start: Int32Array; option: Int32Array } {
  const start = new Int32Array(slots.length + 1);
  for (const r of position) start[r + 1] = (start[r + 1] ?? 0) + 1;
  for (let r = 0; r < slots.length; r++) start[r + 1] = (start[r + 1] ?? 0) + (start[r] ?? 0);
  const option = new Int32Array(position.length);
  const next = start.slice();
  position.forEach((r, k) => {
    const at = next[r] ?? 0;
    option[at] = k;
    next[r] = at + 1;
  });
  return { start, option };
}
