import { latLngOf } from '../../core/geo.ts';
import type { PositionFacts } from '../matching/index.ts';
import type { Somebody } from './plan.ground.ts';
import { Holders } from './plan.holders.ts';

/** Half hours of a week. */
const HALVES = 336;
const WORDS = Math.ceil(HALVES / 32);
/** Cells of about two kilometres. */
const CELL_LAT = 0.018;
const CELL_LNG = 0.0207;
/** Rings of cells that are looked at: some 26 kilometres. People further off, or of unknown home, come last. */
const RINGS = 13;
/** Found so many times more than wanted, the nearest will do. */
const MARGIN = 3;
const FAR_METRES = 20_000;
const METRES_A_DEGREE = 111_195;
/** What a flat earth may be wrong by before the rules measure. */
const ALLOWANCE = 1.01;
const ALLOWANCE_METRES = 50;

type Cells = Map<number, number[]>;

/** People of a tenant who hold a skill, in whatever way. */
interface Grid {
  readonly cells: Cells;
  /** Without a home. */
  readonly rest: number[];
  /** Who go further than the organisation looks. */
  readonly wide: number[];
  /** The best level of each person, also by what a certificate gives for a time; 0 without. */
  readonly levels: Uint8Array;
}

/**
 * Who could fit a position, the likeliest first: nearest people who hold the skill and said they are free, found by cells and
 * rings. It only chooses whom the rules then judge; it refuses nobody whom they would take, except for being far down.
 */
export class Reach {
  private readonly people: readonly Somebody[];
  private readonly lat: Float64Array;
  private readonly lng: Float64Array;
  private readonly free: Int32Array;
  private readonly anyTime: Uint8Array;
  /** Metres that somebody goes by their own word; 0 leaves it to the organisation. */
  private readonly radius: Float64Array;
  /** Points that somebody loses who is booked already. */
  private readonly busy: Uint8Array;
  private readonly visible: readonly Uint8Array[];
  private readonly within: readonly number[];
  private readonly grids = new Map<string, Grid>();
  private readonly holders: Holders;

  /**
   * @param visible for each tenant, 1 for each person whom it may ask
   * @param within for each tenant, metres beyond which its rules refuse everybody who names no radius; Infinity for none
   */
  constructor(people: readonly Somebody[], visible: readonly Uint8Array[], within: readonly number[]) {
    this.people = people;
    this.visible = visible;
    this.within = within;
    this.holders = new Holders(people);
    this.radius = Float64Array.from(people, ({ row }) => row.radiusMetres ?? 0);
    this.busy = Uint8Array.from(people, ({ bookings }) => 20 * Math.min(5, bookings.length));
    this.lat = new Float64Array(people.length);
    this.lng = new Float64Array(people.length);
    this.free = new Int32Array(people.length * WORDS);
    this.anyTime = new Uint8Array(people.length);
    people.forEach(({ row }, v) => {
      const home = row.home ? latLngOf(row.home) : null;
      this.lat[v] = home?.latitude ?? NaN;
      this.lng[v] = home?.longitude ?? NaN;
      this.anyTime[v] = row.availability.length === 0 ? 1 : 0;
      for (const { weekday, startMinute, endMinute } of row.availability)
        this.mark(v * WORDS, (weekday - 1) * 1_440 + startMinute, (weekday - 1) * 1_440 + endMinute);
    });
  }

  /** Sets the half hours that a stretch of the week touches; what runs past Sunday begins the week anew. */
  private mark(from: number, start: number, end: number): void {
    for (let half = Math.floor(start / 30); half < Math.ceil(end / 30); half++) {
      const at = half % HALVES;
      this.free[from + (at >> 5)] = (this.free[from + (at >> 5)] ?? 0) | (1 << (at & 31));
    }
  }

  /** At most so many people for the position, those who look best first; fewer only where there are no more. */
  candidates(tenant: number, facts: PositionFacts, wanted: number): number[] {
    const { cells, rest, wide, levels } = this.grid(tenant, facts.skills[0]?.code ?? '');
    const least = facts.skills[0]?.minLevel ?? 0;
    const limit = this.within[tenant] ?? Infinity;
    const needed = this.neededHalves(facts);
    const metresTo = this.metresTo(facts);
    const found: number[] = [];
    const take = (list: readonly number[]): void => {
      for (const v of list) {
        if ((levels[v] ?? 0) < least || !this.maybeFree(v, needed)) continue;
        // Where the organisation does not ask how far it is, nobody is too far.
        const most = limit === Infinity ? limit : this.radius[v] || limit;
        if (metresTo(v) <= ALLOWANCE * most + ALLOWANCE_METRES || Number.isNaN(this.lat[v])) found.push(v);
      }
    };
    const few = this.holders.of(tenant, facts);
    if (few) {
      // Nobody else can fit, however near they live.
      take(few.filter((v) => this.visible[tenant]?.[v] === 1));
      return this.best(found, facts, { wanted, levels, metresTo });
    }
    const { point } = facts;
    const rings = point ? Math.min(RINGS, ringsOver(limit, point.latitude)) : 0;
    const enough = wanted * MARGIN;
    let ring = 0;
    if (point) {
      const [row, column] = cellOf(point.latitude, point.longitude);
      for (; ring <= rings && found.length < enough; ring++)
        for (const key of ringOf(row, column, ring)) take(cells.get(key) ?? []);
    } else for (const list of cells.values()) take(list);
    if (found.length < wanted) {
      // Whoever is further off fits only by a radius of their own, where the rules know a limit at all.
      const seen = new Set(found);
      const far = point ? (ringsOver(limit, point.latitude) <= RINGS ? [wide] : cells.values()) : [];
      for (const list of far) take(list.filter((v) => !seen.has(v)));
      take(rest);
    }
    return this.best(found, facts, { wanted, levels, metresTo });
  }

  /** Metres from somebody's home to the place on a flat earth, far where either is unknown. */
  private metresTo({ point }: PositionFacts): (v: number) => number {
    if (!point) return () => 0;
    const across = METRES_A_DEGREE * Math.cos((point.latitude * Math.PI) / 180);
    return (v) => {
      const y = ((this.lat[v] ?? NaN) - point.latitude) * METRES_A_DEGREE;
      const x = ((this.lng[v] ?? NaN) - point.longitude) * across;
      return Math.sqrt(x * x + y * y);
    };
  }

  /** Those of whom the rules will roughly find most: near, skilled, seldom asked of late. */
  private best(
    found: readonly number[],
    { point, skills }: PositionFacts,
    how: { wanted: number; levels: Uint8Array; metresTo: (v: number) => number },
  ): number[] {
    const worth = Float64Array.from(found, (v) => {
      const metres = point && !Number.isNaN(this.lat[v]) ? how.metresTo(v) : FAR_METRES;
      let sum = 400 * Math.max(0, 1 - metres / FAR_METRES) + (how.levels[v] ?? 0) * 50 - (this.busy[v] ?? 0);
      for (let n = 1; n < skills.length; n++)
        sum += (this.people[v]?.row.skills.find(({ code }) => code === skills[n]?.code)?.level ?? 0) * 50;
      return sum;
    });
    const order = Uint32Array.from(found.keys());
    order.sort((a, b) => (worth[b] ?? 0) - (worth[a] ?? 0) || (found[a] ?? 0) - (found[b] ?? 0));
    return Array.from(order.subarray(0, how.wanted), (at) => found[at] ?? 0);
  }

  private neededHalves({ weekday, startMinute, lengthMinutes }: PositionFacts): Int32Array {
    const needed = new Int32Array(WORDS);
    const start = (weekday - 1) * 1_440 + startMinute;
    for (let half = Math.floor(start / 30); half < Math.ceil((start + lengthMinutes) / 30); half++) {
      const at = half % HALVES;
      needed[at >> 5] = (needed[at >> 5] ?? 0) | (1 << (at & 31));
    }
    return needed;
  }

  private maybeFree(v: number, needed: Int32Array): boolean {
    if (this.anyTime[v] === 1) return true;
    for (let word = 0; word < WORDS; word++) {
      if (((needed[word] ?? 0) & ~(this.free[v * WORDS + word] ?? 0)) !== 0) return false;
    }
    return true;
  }

  /** People whom the tenant may ask and who hold the skill, by cell; everybody where none is asked for. */
  private grid(tenant: number, skill: string): Grid {
    const key = `${tenant}:${skill}`;
    const known = this.grids.get(key);
    if (known) return known;
    const made: Grid = {
      cells: new Map<number, number[]>(),
      rest: [],
      wide: [],
      levels: Uint8Array.from(this.people, (one) => (skill === '' ? 0 : levelOf(one, tenant, skill))),
    };
    const visible = this.visible[tenant];
    const limit = this.within[tenant] ?? Infinity;
    for (let v = 0; v < this.people.length; v++) {
      if (visible?.[v] !== 1 || (skill !== '' && made.levels[v] === 0)) continue;
      const [lat, lng] = [this.lat[v] ?? NaN, this.lng[v] ?? NaN];
      if (Number.isNaN(lat)) {
        made.rest.push(v);
        continue;
      }
      if ((this.radius[v] ?? 0) > limit) made.wide.push(v);
      const cell = keyOf(...cellOf(lat, lng));
      const list = made.cells.get(cell);
      if (list) list.push(v);
      else made.cells.set(cell, [v]);
    }
    this.grids.set(key, made);
    return made;
  }
}

/** The best level at which somebody holds a skill: claimed, seen by the tenant, or given by a certificate; 0 for none. */
function levelOf({ row, memberOf, credentials }: Somebody, tenant: number, skill: string): number {
  let most = 0;
  const look = (own: readonly { readonly code: string; readonly level: number }[]): void => {
    for (const { code, level } of own) if (code === skill) most = Math.max(most, level);
  };
  look(row.skills);
  look(memberOf.get(tenant)?.verifiedSkills ?? []);
  for (const { gives } of credentials.get(tenant) ?? []) look(gives);
  return most;
}

/** Rings of cells that hold everybody within so many metres; a cell is narrower the further north it lies. */
function ringsOver(metres: number, latitude: number): number {
  const wide = CELL_LNG * Math.cos((Math.min(85, Math.abs(latitude) + 1) * Math.PI) / 180);
  return (
    Math.ceil((ALLOWANCE * metres + ALLOWANCE_METRES) / (METRES_A_DEGREE * Math.min(CELL_LAT, wide))) + 1
  );
}

const cellOf = (lat: number, lng: number): [number, number] => [
  Math.floor((lat + 90) / CELL_LAT),
  Math.floor((lng + 180) / CELL_LNG),
];
const keyOf = (row: number, column: number): number => row * 65_536 + column;

/** The cells around one, a ring at a time. */
function* ringOf(row: number, column: number, ring: number): Generator<number> {
  if (ring === 0) {
    yield keyOf(row, column);
    return;
  }
  for (let i = -ring; i <= ring; i++) {
    yield keyOf(row - ring, column + i);
    yield keyOf(row + ring, column + i);
    if (Math.abs(i) === ring) continue;
    yield keyOf(row + i, column - ring);
    yield keyOf(row + i, column + ring);
  }
}
