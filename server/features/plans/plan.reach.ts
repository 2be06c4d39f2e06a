import { distanceMetres, latLngOf } from '../../core/geo.ts';
import type { PositionFacts } from '../matching/index.ts';
import type { Somebody } from './plan.ground.ts';

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

type Cells = Map<number, number[]>;

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
  private readonly visible: readonly Uint8Array[];
  private readonly cells = new Map<string, { cells: Cells; rest: number[] }>();

  /** @param visible for each tenant, 1 for each person whom it may ask */
  constructor(people: readonly Somebody[], visible: readonly Uint8Array[]) {
    this.people = people;
    this.visible = visible;
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
    const skill = facts.skills[0]?.code ?? '';
    const { cells, rest } = this.grid(tenant, skill);
    const needed = this.neededHalves(facts);
    const found: number[] = [];
    const take = (list: readonly number[]): void => {
      for (const v of list) if (this.maybeFree(v, needed)) found.push(v);
    };
    if (facts.point) {
      const [row, column] = cellOf(facts.point.latitude, facts.point.longitude);
      for (let ring = 0; ring <= RINGS && found.length < wanted * MARGIN; ring++) {
        for (const key of ringOf(row, column, ring)) take(cells.get(key) ?? []);
      }
    } else for (const list of cells.values()) take(list);
    if (found.length < wanted) {
      const seen = new Set(found);
      if (facts.point) for (const list of cells.values()) take(list.filter((v) => !seen.has(v)));
      take(rest);
    }
    return this.best([...new Set(found)], facts, wanted);
  }

  private best(found: number[], facts: PositionFacts, wanted: number): number[] {
    const keyed = found.map((v) => ({ v, worth: this.guess(v, facts) }));
    keyed.sort((a, b) => b.worth - a.worth || a.v - b.v);
    return keyed.slice(0, wanted).map(({ v }) => v);
  }

  /** Roughly what the rules will find: near, skilled, seldom asked of late. */
  private guess(v: number, { point, skills }: PositionFacts): number {
    const one = this.people[v] as Somebody;
    const here = { latitude: this.lat[v] ?? NaN, longitude: this.lng[v] ?? NaN };
    const metres = point && !Number.isNaN(here.latitude) ? distanceMetres(point, here) : FAR_METRES;
    const near = 400 * Math.max(0, 1 - metres / FAR_METRES);
    const skilled = skills.reduce(
      (sum, { code }) => sum + (one.row.skills.find((own) => own.code === code)?.level ?? 0) * 50,
      0,
    );
    return near + skilled - 20 * Math.min(5, one.bookings.length);
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

  /** People whom the tenant may ask and who hold the skill, by cell. */
  private grid(tenant: number, skill: string): { cells: Cells; rest: number[] } {
    const key = `${tenant}:${skill}`;
    const known = this.cells.get(key);
    if (known) return known;
    const made = { cells: new Map<number, number[]>(), rest: [] as number[] };
    const visible = this.visible[tenant];
    this.people.forEach((one, v) => {
      if (visible?.[v] !== 1) return;
      const holds = (code: string): boolean =>
        one.row.skills.some((own) => own.code === code) ||
        (one.memberOf.get(tenant)?.verifiedSkills.some((own) => own.code === code) ?? false) ||
        (one.credentials.get(tenant) ?? []).some(({ gives }) => gives.some((own) => own.code === code));
      if (skill !== '' && !holds(skill)) return;
      const [lat, lng] = [this.lat[v] ?? NaN, this.lng[v] ?? NaN];
      if (Number.isNaN(lat)) {
        made.rest.push(v);
        return;
      }
      const cell = keyOf(...cellOf(lat, lng));
      const list = made.cells.get(cell);
      if (list) list.push(v);
      else made.cells.set(cell, [v]);
    });
    this.cells.set(key, made);
    return made;
  }
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
