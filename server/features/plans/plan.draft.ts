import type { Staffing } from '../matching/index.ts';
import { certifiedOf, slotValues } from './plan.rules.ts';
import type { PlanSettings } from './plan.types.ts';

/** What a draft needs to know of a position. */
export interface DraftPosition {
  readonly slots: number;
  readonly required: number;
  readonly taken: number;
  /** Local date of its start, and the Monday of that week. */
  readonly day: string;
  readonly week: string;
}

/** Somebody who fits a position. */
export interface DraftPair {
  readonly position: number;
  readonly person: number;
  /** 0 to 1,000. */
  readonly score: number;
  readonly certified: boolean;
  readonly metres: number | null;
}

/** The same as arrays for the solver: option k is pair k, and what each cap stands for. */
export interface DraftStaffing {
  readonly staffing: Staffing;
  readonly capOf: Int32Array;
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
 * @param engaged for each person, the days on which they are expected or asked already
 * @param pinned pairs that people decided: they fill places and room before anything else
 */
export function draftStaffing(input: {
  readonly positions: readonly DraftPosition[];
  readonly pairs: readonly DraftPair[];
  readonly engaged: (person: number) => ReadonlySet<string> | undefined;
  readonly pinned: readonly { readonly position: number; readonly person: number }[];
  readonly settings: PlanSettings;
}): DraftStaffing {
  const { positions, pairs, settings } = input;
  const caps = new Caps(input);
  const capOf = Int32Array.from(pairs, ({ person, position }) => caps.of(person, position));
  const pinnedAt = new Map<number, number>();
  for (const { position } of input.pinned) pinnedAt.set(position, (pinnedAt.get(position) ?? 0) + 1);
  const bonusStart = new Int32Array(positions.length + 1);
  const bonus: number[] = [];
  const slots = new Int32Array(positions.length);
  positions.forEach((position, r) => {
    const fixed = pinnedAt.get(r) ?? 0;
    slots[r] = Math.max(0, position.slots - fixed);
    bonus.push(...slotValues({ ...position, taken: position.taken + fixed }, position.slots - fixed));
    bonusStart[r + 1] = bonus.length;
  });
  return {
    capOf,
    staffing: {
      slots,
      certified: Int32Array.from(slots, (count) => certifiedOf(count, settings)),
      bonusStart,
      bonus: Int32Array.from(bonus),
      most: Int32Array.from(caps.most),
      inside: Int32Array.from(caps.inside),
      position: Int32Array.from(pairs, ({ position }) => position),
      cap: capOf,
      weight: Int32Array.from(pairs, ({ score }) => score),
      holds: Uint8Array.from(pairs, ({ certified }) => (certified ? 1 : 0)),
    },
  };
}

/** The caps of people's weeks and days, made as they are asked for. */
class Caps {
  readonly most: number[] = [];
  readonly inside: number[] = [];
  private readonly input: Parameters<typeof draftStaffing>[0];
  private readonly known = new Map<string, number>();
  /** By person and week, the days on which they could serve. */
  private readonly days = new Map<string, Set<string>>();
  private readonly busy = new Map<string, number>();
  private readonly busyDays = new Set<string>();

  constructor(input: Parameters<typeof draftStaffing>[0]) {
    this.input = input;
    for (const { person, position } of input.pairs) {
      const { day, week } = input.positions[position] as DraftPosition;
      const key = `${person}:${week}`;
      const days = this.days.get(key) ?? new Set<string>();
      this.days.set(key, days.add(day));
    }
    for (const { person, position } of input.pinned) {
      const { day } = input.positions[position] as DraftPosition;
      this.engage(person, day);
    }
    const seen = new Set(input.pairs.map(({ person }) => person));
    for (const person of seen) for (const day of input.engaged(person) ?? []) this.engage(person, day);
  }

  private engage(person: number, day: string): void {
    if (this.busyDays.has(`${person}:${day}`)) return;
    this.busyDays.add(`${person}:${day}`);
    const key = `${person}:${mondayOf(day)}`;
    this.busy.set(key, (this.busy.get(key) ?? 0) + 1);
  }

  of(person: number, position: number): number {
    const { day, week } = this.input.positions[position] as DraftPosition;
    const { perWeek } = this.input.settings;
    const key = `${person}:${week}`;
    const left = perWeek - (this.busy.get(key) ?? 0);
    if (left <= 0 || this.busyDays.has(`${person}:${day}`)) return this.cap('closed', 0, -1);
    // One more a week, or as many as there are days: one cap says all.
    if (left === 1) return this.cap(`week ${key}`, 1, -1);
    const days = this.days.get(key)?.size ?? 0;
    return this.cap(`day ${person}:${day}`, 1, days > left ? this.cap(`week ${key}`, left, -1) : -1);
  }

  private cap(key: string, most: number, inside: number): number {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.most.push(most);
    this.inside.push(inside);
    this.known.set(key, this.most.length - 1);
    return this.most.length - 1;
  }
}

/**
 * First come, first served: each position, in the order in which it was posted, takes the best people still free.
 * @returns the options taken
 */
export function replayFirstCome(staffing: Staffing, order: readonly number[]): number[] {
  const { slots, position, cap, weight, most, inside } = staffing;
  const at = (array: Int32Array, i: number): number => array[i] ?? 0;
  const options = Map.groupBy(position.keys(), (k) => at(position, k));
  const room = most.slice();
  const taken: number[] = [];
  for (const r of order) {
    let open = at(slots, r);
    const best = (options.get(r) ?? []).sort((a, b) => at(weight, b) - at(weight, a) || a - b);
    for (const k of best) {
      if (open === 0) break;
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
