import { metresBetween, radians } from '../../../core/geo.ts';
import { bandOf, isOutside } from '../distance.rules.ts';
import { minutesBooked, personFacts } from '../matching.facts.ts';
import type { FitSettings, PersonFacts, PositionFacts } from '../matching.types.ts';
import { STANDINGS } from './pool.columns.ts';
import type { PoolColumns } from './pool.columns.ts';

const OUTSIDE = STANDINGS.map(isOutside);

/** Somebody of whom nothing is known: what a rule says of them it says of all who lack what it asks about. */
export const NOBODY_SPECIAL: PersonFacts = {
  personId: '',
  standing: 'member',
  banded: false,
  excluded: false,
  birthDate: null,
  guardianConsent: false,
  languages: [],
  skills: [],
  credentials: [],
  pools: [],
  trained: [],
  availability: [],
  home: null,
  county: null,
  radiusMetres: null,
  interests: [],
  track: null,
  booked: [],
  bookedMinutesThatDay: 0,
  bookedMinutesThatWeek: 0,
  recentMinutes: 0,
  record: { kept: 0, missed: 0, lastOn: null, served: new Map() },
};

/** One position asked about the rows of a pool. What costs something is reckoned once for a row. */
export class Asked {
  readonly pool: PoolColumns;
  readonly facts: PositionFacts;
  readonly settings: FitSettings;
  private readonly turn: number;
  private readonly latitude: number;
  private readonly longitude: number;
  private readonly cosine: number;
  private readonly people = new Map<number, PersonFacts>();
  private readonly bookedPeople = new Map<number, PersonFacts>();

  constructor(pool: PoolColumns, facts: PositionFacts, settings: FitSettings) {
    this.pool = pool;
    this.facts = facts;
    this.settings = settings;
    this.turn = pool.nextTurn();
    this.latitude = facts.point?.latitude ?? NaN;
    this.longitude = facts.point?.longitude ?? NaN;
    this.cosine = Math.cos(radians(this.latitude));
  }

  /** Whole metres as who looks may know them, a band for people from elsewhere; −1 when unknown. */
  metres(row: number): number {
    const exact = this.exact(row);
    return exact >= 0 && this.pool.banded[row] === 1 ? bandOf(exact) : exact;
  }

  /** The same as it decides whether somebody goes so far. */
  reach(row: number): number {
    const exact = this.exact(row);
    return exact >= 0 && OUTSIDE[this.pool.standing[row]!] === true ? bandOf(exact) : exact;
  }

  private exact(row: number): number {
    const { pool } = this;
    if (pool.measuredIn[row] === this.turn) return pool.measured[row]!;
    const exact = metresBetween(
      this.latitude,
      this.longitude,
      this.cosine,
      pool.latitude[row]!,
      pool.longitude[row]!,
      pool.cosine[row]!,
    );
    pool.measuredIn[row] = this.turn;
    return (pool.measured[row] = Number.isNaN(exact) ? -1 : exact);
  }

  /** Everything that the rules may know of the person in the row. */
  person(row: number): PersonFacts {
    const known = this.people.get(row);
    if (known) return known;
    const { sources, records, tenant } = this.pool;
    const own = sources[row];
    if (!own) throw new RangeError(`no row ${row}`);
    const record = records.get(row) ?? NOBODY_SPECIAL.record;
    const made = personFacts({ ...own, record }, this.facts, tenant);
    this.people.set(row, made);
    return made;
  }

  /** Somebody of whom nothing is known but what the person in the row has booked. */
  booked(row: number): PersonFacts {
    const known = this.bookedPeople.get(row);
    if (known) return known;
    const booked = this.pool.sources[row]?.bookings ?? [];
    const made = { ...NOBODY_SPECIAL, booked, ...minutesBooked(booked, this.facts, this.pool.tenant) };
    this.bookedPeople.set(row, made);
    return made;
  }
}
