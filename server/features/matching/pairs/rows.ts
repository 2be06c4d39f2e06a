import type { PersonFacts, PositionFacts } from '../matching.types.ts';

/** One word among the sets of words of all rows. */
export interface Word {
  isOf(row: number): boolean;
  /** Leaves, of the first `size` rows, those that have it, in their order. @returns how many */
  sieve(rows: Int32Array, size: number): number;
}

/** Sets of words, one for each row, as bits: a row has few of few words. */
export class WordRows {
  private readonly number = new Map<string, number>();
  private readonly words: number;
  private readonly bits: Int32Array;

  constructor(rows: readonly (readonly string[])[]) {
    for (const row of rows)
      for (const word of row) if (!this.number.has(word)) this.number.set(word, this.number.size);
    this.words = Math.max(1, Math.ceil(this.number.size / 32));
    this.bits = new Int32Array(rows.length * this.words);
    rows.forEach((row, at) => {
      for (const word of row) {
        const bit = this.number.get(word) ?? 0;
        const place = at * this.words + (bit >> 5);
        this.bits[place] = (this.bits[place] ?? 0) | (1 << (bit & 31));
      }
    });
  }

  /** A word that one may ask rows for; null for one that nobody has. */
  word(wanted: string): Word | null {
    const number = this.number.get(wanted);
    if (number === undefined) return null;
    const { bits, words } = this;
    const [place, bit] = [number >> 5, 1 << (number & 31)];
    return {
      isOf: (row) => (bits[row * words + place]! & bit) !== 0,
      sieve: (rows, size) => {
        let left = 0;
        for (let i = 0; i < size; i++) {
          const row = rows[i]!;
          if ((bits[row * words + place]! & bit) !== 0) rows[left++] = row;
        }
        return left;
      },
    };
  }

  /** Whether a row has no word at all. */
  none(row: number): boolean {
    for (let at = row * this.words; at < (row + 1) * this.words; at++) if (this.bits[at] !== 0) return false;
    return true;
  }
}

const DAY_MINUTES = 1_440;
const DAYS = 7;
/** Times of which it is remembered who is free then, so many at most, each from so many questions on. */
const MOST_TIMES = 128;
const OFTEN = 6;

type Slots = PersonFacts['availability'];
type Times = Pick<PositionFacts, 'weekday' | 'startMinute' | 'lengthMinutes'>;

/** Stated free times as minutes of the week, those that touch joined; Monday follows Sunday once more. */
export class FreeTimes {
  private readonly start: Uint32Array;
  private readonly from: Int16Array;
  private readonly to: Int16Array;
  /** How often a time was asked for; in its place who is free then, once it was asked for often. */
  private readonly times = new Map<number, { asked: number; free: Uint8Array | null }>();
  private remembered = 0;

  constructor(rows: readonly Slots[]) {
    this.start = new Uint32Array(rows.length + 1);
    const all: number[] = [];
    rows.forEach((slots, row) => {
      for (const minute of joined(slots)) all.push(minute);
      this.start[row + 1] = all.length / 2;
    });
    this.from = Int16Array.from({ length: all.length / 2 }, (_, i) => all[2 * i] ?? 0);
    this.to = Int16Array.from({ length: all.length / 2 }, (_, i) => all[2 * i + 1] ?? 0);
  }

  /** Whether times can be kept so: each stretch ends on the day on which it begins, and later. */
  static holds(slots: Slots): boolean {
    return slots.every(
      ({ weekday, startMinute, endMinute }) =>
        weekday >= 1 &&
        weekday <= DAYS &&
        startMinute >= 0 &&
        startMinute < endMinute &&
        endMinute <= DAY_MINUTES,
    );
  }

  /** Whether a row stated no times. */
  unstated(row: number): boolean {
    return this.start[row] === this.start[row + 1];
  }

  /** Tells of a row whether its stated times cover a position's, or nothing was stated. */
  during(time: Times): (row: number) => boolean {
    const free = this.often(time);
    const { weekday, startMinute, lengthMinutes } = time;
    return free
      ? (row) => free[row] === 1
      : (row) => this.unstated(row) || this.covers(row, weekday, startMinute, lengthMinutes);
  }

  /** The same of all rows, as 1 and 0, for a time that is asked for often; null for another. */
  often({ weekday, startMinute, lengthMinutes }: Times): Uint8Array | null {
    const key = (weekday * DAY_MINUTES + startMinute) * 2 * DAY_MINUTES + lengthMinutes;
    const time = this.times.get(key) ?? { asked: 0, free: null };
    // Longer than any stated times reach: they are not told apart by the key.
    if (lengthMinutes >= 2 * DAY_MINUTES) return null;
    this.times.set(key, time);
    time.asked += 1;
    if (time.free === null && time.asked >= OFTEN && this.remembered < MOST_TIMES) {
      this.remembered += 1;
      time.free = new Uint8Array(this.start.length - 1);
      for (let row = 0; row < time.free.length; row++)
        time.free[row] = this.unstated(row) || this.covers(row, weekday, startMinute, lengthMinutes) ? 1 : 0;
    }
    return time.free;
  }

  /** Whether the stated times cover so many minutes from a minute of a weekday on; no further than to the end of the next day. */
  covers(row: number, weekday: number, minute: number, length: number): boolean {
    if (length <= 0) return true;
    if (minute + length > 2 * DAY_MINUTES) return false;
    const begin = (weekday - 1) * DAY_MINUTES + minute;
    for (let i = this.start[row] ?? 0; i < (this.start[row + 1] ?? 0); i++)
      if ((this.from[i] ?? 0) <= begin && begin < (this.to[i] ?? 0))
        return (this.to[i] ?? 0) >= begin + length;
    return false;
  }
}

/** From and to of each stretch, ascending and apart. */
function joined(slots: Slots): number[] {
  const stretches = slots
    .flatMap(({ weekday, startMinute, endMinute }) => {
      const at = (weekday - 1) * DAY_MINUTES;
      const own = [at + startMinute, at + endMinute] as const;
      const again = [own[0] + DAYS * DAY_MINUTES, own[1] + DAYS * DAY_MINUTES] as const;
      return weekday === 1 ? [own, again] : [own];
    })
    .sort((a, b) => a[0] - b[0]);
  const found: number[] = [];
  for (const [from, to] of stretches) {
    const last = found.length - 1;
    if (last > 0 && from <= (found[last] ?? 0)) found[last] = Math.max(found[last] ?? 0, to);
    else found.push(from, to);
  }
  return found;
}

/** Skills of each row: the number of the code, level, and whether it was seen. */
export class SkillRows {
  /** Number of a code; codes that nobody has have none. */
  readonly number = new Map<string, number>();
  readonly start: Uint32Array;
  readonly code: Uint16Array;
  readonly level: Uint8Array;
  readonly seen: Uint8Array;

  constructor(rows: readonly PersonFacts['skills'][]) {
    this.start = new Uint32Array(rows.length + 1);
    rows.forEach((skills, row) => (this.start[row + 1] = (this.start[row] ?? 0) + skills.length));
    const total = this.start[rows.length] ?? 0;
    this.code = new Uint16Array(total);
    this.level = new Uint8Array(total);
    this.seen = new Uint8Array(total);
    let at = 0;
    for (const skills of rows)
      for (const { code, level, verified } of skills) {
        const number = this.number.get(code) ?? this.number.size;
        this.number.set(code, number);
        this.code[at] = number;
        this.level[at] = level;
        this.seen[at++] = verified ? 1 : 0;
      }
  }

  /** Where a row has the code; −1 where it does not. */
  find(row: number, code: number): number {
    for (let at = this.start[row] ?? 0; at < (this.start[row + 1] ?? 0); at++)
      if (this.code[at] === code) return at;
    return -1;
  }
}
