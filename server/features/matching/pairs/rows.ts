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
    // Many rows have the same list: its words are looked up once.
    const first = new Map<readonly string[], number>();
    rows.forEach((row, at) => {
      if (!first.has(row)) first.set(row, at);
    });
    for (const row of first.keys())
      for (const word of row) if (!this.number.has(word)) this.number.set(word, this.number.size);
    this.words = Math.max(1, Math.ceil(this.number.size / 32));
    const { words } = this;
    const bits = new Int32Array(rows.length * words);
    this.bits = bits;
    for (const [row, at] of first)
      for (const word of row) {
        const bit = this.number.get(word) ?? 0;
        bits[at * words + (bit >> 5)]! |= 1 << (bit & 31);
      }
    rows.forEach((row, at) => {
      const same = first.get(row)!;
      for (let n = 0; n < words; n++) bits[at * words + n] = bits[same * words + n]!;
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
    // Mondays stand twice.
    const room = rows.reduce((sum, slots) => sum + 2 * slots.length, 0);
    const [from, to] = [new Int16Array(room), new Int16Array(room)];
    let size = 0;
    for (let row = 0; row < rows.length; row++) {
      size = joinInto(from, to, size, rows[row]!);
      this.start[row + 1] = size;
    }
    this.from = from.slice(0, size);
    this.to = to.slice(0, size);
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

/** Writes from and to of each stretch, ascending and apart, from a place on. @returns the place after the last */
function joinInto(from: Int16Array, to: Int16Array, begin: number, slots: Slots): number {
  let size = begin;
  // There are few of each, and most come in order: every one moves down to its place.
  const add = (start: number, end: number): void => {
    let at = size++;
    for (; at > begin && from[at - 1]! > start; at--) {
      from[at] = from[at - 1]!;
      to[at] = to[at - 1]!;
    }
    from[at] = start;
    to[at] = end;
  };
  for (const { weekday, startMinute, endMinute } of slots) {
    const at = (weekday - 1) * DAY_MINUTES;
    add(at + startMinute, at + endMinute);
  }
  for (const { weekday, startMinute, endMinute } of slots)
    if (weekday === 1) add(DAYS * DAY_MINUTES + startMinute, DAYS * DAY_MINUTES + endMinute);
  if (size === begin) return begin;
  let last = begin;
  for (let i = begin + 1; i < size; i++) {
    if (from[i]! <= to[last]!) to[last] = Math.max(to[last]!, to[i]!);
    else {
      last += 1;
      from[last] = from[i]!;
      to[last] = to[i]!;
    }
  }
  return last + 1;
}

function longer<A extends Uint8Array | Uint16Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

/** Skills of each row: the number of the code, level, and whether it was seen. */
export class SkillRows {
  /** Number of a code; codes that nobody has have none. */
  readonly number = new Map<string, number>();
  readonly start: Uint32Array;
  readonly code: Uint16Array;
  readonly level: Uint8Array;
  readonly seen: Uint8Array;

  /** @param skillsOf asked once about each row; a skill that was not seen need not say so */
  constructor(
    size: number,
    skillsOf: (row: number) => readonly { code: string; level: number; verified?: boolean }[],
  ) {
    this.start = new Uint32Array(size + 1);
    let [code, level, seen] = [new Uint16Array(2 * size), new Uint8Array(2 * size), new Uint8Array(2 * size)];
    let at = 0;
    for (let row = 0; row < size; row++) {
      const skills = skillsOf(row);
      if (at + skills.length > code.length) {
        const length = 2 * (at + skills.length);
        [code, level, seen] = [
          longer(code, new Uint16Array(length)),
          longer(level, new Uint8Array(length)),
          longer(seen, new Uint8Array(length)),
        ];
      }
      for (const skill of skills) {
        let number = this.number.get(skill.code);
        if (number === undefined) this.number.set(skill.code, (number = this.number.size));
        code[at] = number;
        level[at] = skill.level;
        seen[at++] = skill.verified === true ? 1 : 0;
      }
      this.start[row + 1] = at;
    }
    this.code = code.slice(0, at);
    this.level = level.slice(0, at);
    this.seen = seen.slice(0, at);
  }

  /** Where a row has the code; −1 where it does not. */
  find(row: number, code: number): number {
    for (let at = this.start[row] ?? 0; at < (this.start[row + 1] ?? 0); at++)
      if (this.code[at] === code) return at;
    return -1;
  }
}
