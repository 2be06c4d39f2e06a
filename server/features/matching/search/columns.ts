import { compareIds } from './codes.ts';
import type { PersonFacts } from '../matching.types.ts';

/**
 * People of one tenant as columns: what the rules ask of everybody, a few bytes each, on SharedArrayBuffers so that an
 * epoch can be handed to another thread without a copy. Rows are sorted by 1 km cell, those without a home last; each
 * skill has the rows of those who have it. Nothing here is the truth: whoever is shown is judged again from the database.
 */
export interface Columns {
  readonly size: number;
  /** Twelve bytes of the person's id each. */
  readonly ids: Uint8Array;
  /** Rows in the order of their ids. */
  readonly byId: Uint32Array;
  /** Degrees × 10⁷; without a home both are `NOWHERE`. */
  readonly latitude: Int32Array;
  readonly longitude: Int32Array;
  /** Year, month and day as one number; 0 when unknown. */
  readonly born: Int32Array;
  readonly flags: Uint8Array;
  readonly languages: Uint16Array;
  readonly interests: Uint32Array;
  /** Kilometres; 0 leaves it to the organisation. */
  readonly radius: Uint8Array;
  readonly kept: Uint16Array;
  readonly missed: Uint8Array;
  /** Days since the year 2000; 0 before the first service. */
  readonly lastOn: Uint16Array;
  /** Which of the patterns of free times. */
  readonly pattern: Uint32Array;
  readonly patterns: Patterns;
  /** Skills of row r: `skills[skillStart[r]] … skills[skillStart[r + 1] - 1]`, each code × 8 + level × 2 + seen. */
  readonly skillStart: Uint32Array;
  readonly skills: Uint16Array;
  /** By skill, ascending: row × 8 + level × 2 + seen. */
  readonly postings: readonly Uint32Array[];
  readonly grid: Grid;
  /** Rows with a home and a radius of their own: where a cell lies inside what an organisation looks within, only these are looked at one by one. */
  readonly far: Uint32Array;
}

/** Free times that people share: seven days each, a day half an hour by half an hour. */
export interface Patterns {
  /** Seven codes of days for each pattern. Pattern 0 stands for nothing stated. */
  readonly days: Uint16Array;
  /** Half hours of each kind of day: before noon, after noon. */
  readonly morning: Uint32Array;
  readonly evening: Uint32Array;
  /** Those that half hours cannot say. */
  readonly odd: ReadonlyMap<number, PersonFacts['availability']>;
}

/** Where rows lie: cell by cell from the south-west, `start[cell]` the first row of it. */
export interface Grid {
  readonly south: number;
  readonly west: number;
  /** Degrees a cell. */
  readonly high: number;
  readonly wide: number;
  readonly rows: number;
  readonly cols: number;
  readonly start: Uint32Array;
  /** First row without a home. */
  readonly homeless: number;
}

export const NOWHERE = 0x7fffffff;
export const FLAG = {
  member: 1,
  guardian: 2,
  certified: 4,
  semiProfessional: 8,
  /** No longer as the columns say: the overlay knows better. */
  gone: 16,
  /** Something is kept beside the columns. */
  beside: 32,
} as const;
/** The pattern of whoever stated no times. */
export const NOT_STATED = 0;
export const HALF_HOUR = 30;
const DAYS = 7;
const HALF_DAY = 24;
const ID_BYTES = 12;
/** More kinds of days than codes: further ones are kept as they were stated. */
const MOST_DAYS = 65_535;
/** More cells than this and cells grow: a nation needs no square kilometres. */
const MOST_CELLS = 2_000_000;

/** One person as the columns take it. */
export interface Entry {
  readonly id: Uint8Array;
  readonly latitude: number;
  readonly longitude: number;
  readonly born: number;
  readonly flags: number;
  readonly languages: number;
  readonly interests: number;
  readonly radius: number;
  readonly kept: number;
  readonly missed: number;
  readonly lastOn: number;
  readonly availability: PersonFacts['availability'];
  readonly skills: readonly number[];
}

type Numbers =
  Uint8ArrayConstructor | Uint16ArrayConstructor | Uint32ArrayConstructor | Int32ArrayConstructor;

/** A column on shared memory. */
export const shared = <C extends Numbers>(make: C, length: number): InstanceType<C> =>
  // The types of the arrays know unshared memory only.
  new make(
    new SharedArrayBuffer(Math.max(8, length * make.BYTES_PER_ELEMENT)) as unknown as ArrayBuffer,
    0,
    length,
  ) as InstanceType<C>;

/** Bytes that an epoch takes. */
export function bytesOf(columns: Columns): number {
  const views = [
    ...Object.values(columns).filter((value) => ArrayBuffer.isView(value)),
    ...columns.postings,
    columns.patterns.days,
    columns.patterns.morning,
    columns.patterns.evening,
    columns.grid.start,
  ] as ArrayBufferView[];
  return views.reduce((sum, view) => sum + view.byteLength, 0);
}

/** Gathers people and lays them out. */
export class ColumnBuilder {
  private size = 0;
  private room: number;
  private readonly raw: ReturnType<typeof rawColumns>;
  private skills: Uint16Array;
  private skillCount = 0;
  /** Patterns by their days, in a table with free places; 0 is a free place, and nobody's stated times. */
  private table = new Uint32Array(512);
  private patternCount = 1;
  private readonly oddOf = new Map<string, number>();
  private days = new Uint16Array(DAYS * 256);
  private readonly dayOf = new Map<number, number>();
  private readonly odd = new Map<number, PersonFacts['availability']>();

  constructor(expected: number) {
    this.room = Math.max(64, expected);
    this.raw = rawColumns(this.room);
    this.skills = new Uint16Array(this.room * 3);
    this.dayCode(0, 0);
  }

  add(entry: Entry): void {
    if (this.size === this.room) this.grow(Math.ceil(this.room * 1.5));
    const { raw } = this;
    const row = this.size++;
    raw.ids.set(entry.id, row * 12);
    raw.latitude[row] = entry.latitude;
    raw.longitude[row] = entry.longitude;
    raw.born[row] = entry.born;
    raw.flags[row] = entry.flags;
    raw.languages[row] = entry.languages;
    raw.interests[row] = entry.interests;
    raw.radius[row] = entry.radius;
    raw.kept[row] = entry.kept;
    raw.missed[row] = entry.missed;
    raw.lastOn[row] = entry.lastOn;
    raw.pattern[row] = this.intern(entry.availability);
    if (this.skillCount + entry.skills.length > this.skills.length) {
      const wider = new Uint16Array(Math.ceil(this.skills.length * 1.5) + entry.skills.length);
      wider.set(this.skills);
      this.skills = wider;
    }
    for (const skill of entry.skills) this.skills[this.skillCount++] = skill;
    raw.skillStart[row + 1] = this.skillCount;
  }

  /** Lays out what was added so far; more may be added afterwards. */
  build(): Columns {
    const { size } = this;
    return this.laidOut((from, order, width) => {
      const to = shared(from.constructor as Uint32ArrayConstructor, size * width);
      permute(from, to, order, width);
      return to;
    });
  }

  /** Lays out everybody in the memory where they were gathered. The builder is of no use afterwards. */
  finish(): Columns {
    const { size } = this;
    const scratch = new ArrayBuffer(size * ID_BYTES);
    return this.laidOut((from, order, width) => {
      const copy = new (from.constructor as Uint32ArrayConstructor)(scratch, 0, size * width);
      copy.set(from.subarray(0, size * width));
      permute(copy, from, order, width);
      return from.subarray(0, size * width);
    });
  }

  private laidOut(arrange: Arrange): Columns {
    const { raw, size } = this;
    const { order, grid } = layOut(raw.latitude, raw.longitude, size);
    const skillStart = shared(Uint32Array, size + 1);
    const skills = shared(Uint16Array, this.skillCount);
    let at = 0;
    for (let row = 0; row < size; row++) {
      const old = order[row] ?? 0;
      for (let i = raw.skillStart[old] ?? 0; i < (raw.skillStart[old + 1] ?? 0); i++)
        skills[at++] = this.skills[i] ?? 0;
      skillStart[row + 1] = at;
    }
    const days = shared(Uint16Array, this.patternCount * DAYS);
    days.set(this.days.subarray(0, days.length));
    const [morning, evening] = [shared(Uint32Array, this.dayOf.size), shared(Uint32Array, this.dayOf.size)];
    for (const [both, code] of this.dayOf) {
      morning[code] = both % (1 << HALF_DAY);
      evening[code] = Math.floor(both / (1 << HALF_DAY));
    }
    const ids = arrange(raw.ids, order, ID_BYTES) as Uint8Array;
    const radius = arrange(raw.radius, order, 1) as Uint8Array;
    return {
      size,
      ids,
      byId: orderOfIds(ids, size),
      latitude: arrange(raw.latitude, order, 1) as Int32Array,
      longitude: arrange(raw.longitude, order, 1) as Int32Array,
      born: arrange(raw.born, order, 1) as Int32Array,
      flags: arrange(raw.flags, order, 1) as Uint8Array,
      languages: arrange(raw.languages, order, 1) as Uint16Array,
      interests: arrange(raw.interests, order, 1) as Uint32Array,
      radius,
      kept: arrange(raw.kept, order, 1) as Uint16Array,
      missed: arrange(raw.missed, order, 1) as Uint8Array,
      lastOn: arrange(raw.lastOn, order, 1) as Uint16Array,
      pattern: arrange(raw.pattern, order, 1) as Uint32Array,
      patterns: { days, morning, evening, odd: this.odd },
      skillStart,
      skills,
      postings: postingsOf(skillStart, skills, size),
      grid,
      far: Uint32Array.from(radius.keys().filter((row) => row < grid.homeless && (radius[row] ?? 0) > 0)),
    };
  }

  /** Makes room for so many at once: growing bit by bit leaves as much again behind. */
  reserve(expected: number): void {
    if (expected > this.room) this.grow(expected);
  }

  /** Which pattern these free times are: nearly everybody's of a city may differ, so they are told apart by numbers. */
  private intern(slots: PersonFacts['availability']): number {
    if (slots.length === 0) return NOT_STATED;
    const halves = Array.from({ length: DAYS }, () => [0, 0]);
    let odd = slots.some(({ startMinute, endMinute }) => startMinute % HALF_HOUR || endMinute % HALF_HOUR);
    for (const { weekday, startMinute, endMinute } of slots)
      for (let half = Math.ceil(startMinute / HALF_HOUR); (half + 1) * HALF_HOUR <= endMinute; half++)
        halves[weekday - 1]![half < HALF_DAY ? 0 : 1]! |= 1 << (half % HALF_DAY);
    const codes = halves.map(([morning = 0, evening = 0]) => this.dayCode(morning, evening));
    odd ||= codes.includes(-1) || codes.every((code) => code === 0);
    if (odd) return this.internOdd(slots, codes);
    const known = this.table[this.placeOf(codes)] ?? 0;
    if (known > 0) return known;
    const made = this.addPattern(codes);
    this.table[this.placeOf(codes)] = made;
    return made;
  }

  /** Times that half hours cannot say are kept as they were stated: few have such. */
  private internOdd(slots: PersonFacts['availability'], codes: readonly number[]): number {
    const key = slots.map((slot) => `${slot.weekday}:${slot.startMinute}-${slot.endMinute}`).join();
    const known = this.oddOf.get(key);
    if (known !== undefined) return known;
    const made = this.addPattern(codes.map((code) => Math.max(0, code)));
    this.oddOf.set(key, made);
    this.odd.set(made, slots);
    return made;
  }

  private addPattern(codes: readonly number[]): number {
    const made = this.patternCount++;
    if (this.patternCount * DAYS > this.days.length) {
      const wider = new Uint16Array(this.days.length * 2);
      wider.set(this.days);
      this.days = wider;
    }
    this.days.set(codes, made * DAYS);
    if (2 * this.patternCount > this.table.length) this.rehash();
    return made;
  }

  /** The place of a pattern in the table, or the free one where it would be. */
  private placeOf(codes: ArrayLike<number>): number {
    const last = this.table.length - 1;
    let place = 0;
    for (let day = 0; day < DAYS; day++)
      place = Math.imul(place ^ (codes[day] ?? 0), 0x9e3779b1) ^ (place >>> 15);
    for (place &= last; ; place = (place + 1) & last) {
      const at = (this.table[place] ?? 0) * DAYS;
      if (at === 0) return place;
      let day = 0;
      while (day < DAYS && this.days[at + day] === codes[day]) day++;
      if (day === DAYS) return place;
    }
  }

  private rehash(): void {
    const patterns = this.table.filter((pattern) => pattern > 0);
    this.table = new Uint32Array(2 * this.table.length);
    for (const pattern of patterns)
      this.table[this.placeOf(this.days.subarray(pattern * DAYS, (pattern + 1) * DAYS))] = pattern;
  }

  /** The code of a kind of day; −1 when there are too many. */
  private dayCode(morning: number, evening: number): number {
    const both = evening * (1 << HALF_DAY) + morning;
    const known = this.dayOf.get(both);
    if (known !== undefined) return known;
    if (this.dayOf.size >= MOST_DAYS) return -1;
    this.dayOf.set(both, this.dayOf.size);
    return this.dayOf.size - 1;
  }

  private grow(room: number): void {
    this.room = room;
    const wider = rawColumns(this.room);
    for (const [name, column] of Object.entries(this.raw))
      (wider[name as keyof typeof wider] as Uint32Array).set(column as Uint32Array);
    Object.assign(this.raw, wider);
  }
}

const rawColumns = (room: number) => ({
  ids: shared(Uint8Array, room * ID_BYTES),
  latitude: shared(Int32Array, room),
  longitude: shared(Int32Array, room),
  born: shared(Int32Array, room),
  flags: shared(Uint8Array, room),
  languages: shared(Uint16Array, room),
  interests: shared(Uint32Array, room),
  radius: shared(Uint8Array, room),
  kept: shared(Uint16Array, room),
  missed: shared(Uint8Array, room),
  lastOn: shared(Uint16Array, room),
  pattern: shared(Uint32Array, room),
  skillStart: shared(Uint32Array, room + 1),
});

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array;
/** A column in the order of the rows, so many numbers a row. */
type Arrange = (from: Column, order: Uint32Array, width: number) => Column;

function permute(from: Column, to: Column, order: Uint32Array, width: number): void {
  for (let row = 0; row < order.length; row++) {
    const old = order[row] ?? 0;
    for (let i = 0; i < width; i++) to[row * width + i] = from[old * width + i] ?? 0;
  }
}

/** Rows in the order of their cells. */
function layOut(
  latitude: Int32Array,
  longitude: Int32Array,
  size: number,
): { order: Uint32Array; grid: Grid } {
  let [south, north, west, east] = [NOWHERE, -NOWHERE, NOWHERE, -NOWHERE];
  for (let row = 0; row < size; row++) {
    const [lat, lng] = [latitude[row] ?? NOWHERE, longitude[row] ?? NOWHERE];
    if (lat === NOWHERE) continue;
    [south, north] = [Math.min(south, lat), Math.max(north, lat)];
    [west, east] = [Math.min(west, lng), Math.max(east, lng)];
  }
  if (south > north) [south, north, west, east] = [0, 0, 0, 0];
  const middle = ((south + north) / 2e7) * (Math.PI / 180);
  let high = 1e7 / 111.2;
  let wide = 1e7 / (111.2 * Math.max(0.05, Math.cos(middle)));
  while (((north - south) / high + 1) * ((east - west) / wide + 1) > MOST_CELLS)
    [high, wide] = [high * 2, wide * 2];
  const [rows, cols] = [Math.floor((north - south) / high) + 1, Math.floor((east - west) / wide) + 1];
  const cellOf = (row: number): number =>
    latitude[row] === NOWHERE
      ? rows * cols
      : Math.floor(((latitude[row] ?? 0) - south) / high) * cols +
        Math.floor(((longitude[row] ?? 0) - west) / wide);
  const start = shared(Uint32Array, rows * cols + 2);
  for (let row = 0; row < size; row++) start[cellOf(row) + 1]! += 1;
  for (let cell = 0; cell <= rows * cols; cell++) start[cell + 1]! += start[cell] ?? 0;
  const at = start.slice();
  const order = new Uint32Array(size);
  for (let row = 0; row < size; row++) order[at[cellOf(row)]!++] = row;
  return { order, grid: { south, west, high, wide, rows, cols, start, homeless: start[rows * cols] ?? 0 } };
}

function postingsOf(skillStart: Uint32Array, skills: Uint16Array, size: number): Uint32Array[] {
  const counts: number[] = [];
  for (const skill of skills) counts[skill >> 3] = (counts[skill >> 3] ?? 0) + 1;
  const lists = Array.from(counts, (count) => shared(Uint32Array, count ?? 0));
  const at = new Uint32Array(lists.length);
  for (let row = 0; row < size; row++)
    for (let i = skillStart[row] ?? 0; i < (skillStart[row + 1] ?? 0); i++) {
      const own = skills[i] ?? 0;
      lists[own >> 3]![at[own >> 3]!++] = row * 8 + (own & 7);
    }
  return lists;
}

function orderOfIds(ids: Uint8Array, size: number): Uint32Array {
  const order = shared(Uint32Array, size);
  for (let row = 0; row < size; row++) order[row] = row;
  const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
  const word = (row: number, at: number): number => view.getUint32(row * 12 + at);
  return order.sort((a, b) => word(a, 0) - word(b, 0) || word(a, 4) - word(b, 4) || word(a, 8) - word(b, 8));
}

/** The row of an id; −1 when nobody has it. */
export function rowOf({ ids, byId, size }: Columns, id: Uint8Array): number {
  let [low, high] = [0, size - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const row = byId[middle] ?? 0;
    const by = compareIds(ids, row, id);
    if (by === 0) return row;
    if (by < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** A row as an entry again, for laying out anew. */
export function entryOf(
  columns: Columns,
  slotsOf: (pattern: number) => PersonFacts['availability'],
  row: number,
): Entry {
  const pick = (column: Uint8Array | Uint16Array | Uint32Array | Int32Array): number => column[row] ?? 0;
  return {
    id: columns.ids.subarray(row * 12, row * 12 + 12),
    latitude: pick(columns.latitude),
    longitude: pick(columns.longitude),
    born: pick(columns.born),
    flags: pick(columns.flags) & ~FLAG.beside,
    languages: pick(columns.languages),
    interests: pick(columns.interests),
    radius: pick(columns.radius),
    kept: pick(columns.kept),
    missed: pick(columns.missed),
    lastOn: pick(columns.lastOn),
    availability: slotsOf(pick(columns.pattern)),
    skills: [...columns.skills.subarray(columns.skillStart[row] ?? 0, columns.skillStart[row + 1] ?? 0)],
  };
}

/** The stretches of a pattern, those that touch joined. */
export function slotsOf({
  days,
  morning,
  evening,
  odd,
}: Patterns): (pattern: number) => PersonFacts['availability'] {
  return (pattern) => {
    const exact = odd.get(pattern);
    if (exact) return exact;
    const slots: { weekday: number; startMinute: number; endMinute: number }[] = [];
    for (let half = 0; half < DAYS * 2 * HALF_DAY; half++) {
      const [day, of] = [Math.floor(half / (2 * HALF_DAY)), half % (2 * HALF_DAY)];
      const code = days[pattern * DAYS + day] ?? 0;
      const bits = (of < HALF_DAY ? morning[code] : evening[code]) ?? 0;
      if (!(bits & (1 << (of % HALF_DAY)))) continue;
      const last = slots.at(-1);
      const startMinute = of * HALF_HOUR;
      if (last && last.weekday === day + 1 && last.endMinute === startMinute) last.endMinute += HALF_HOUR;
      else slots.push({ weekday: day + 1, startMinute, endMinute: startMinute + HALF_HOUR });
    }
    return slots;
  };
}

/** Which kinds of days are free from one minute to another of the day. */
export function daysFree({ morning, evening }: Patterns, from: number, to: number): Uint8Array {
  let [early, late] = [0, 0];
  for (let half = Math.floor(from / HALF_HOUR); half * HALF_HOUR < to; half++)
    if (half < HALF_DAY) early |= 1 << half;
    else late |= 1 << (half - HALF_DAY);
  return Uint8Array.from(morning, (bits, code) =>
    (bits & early) === early && ((evening[code] ?? 0) & late) === late ? 1 : 0,
  );
}
