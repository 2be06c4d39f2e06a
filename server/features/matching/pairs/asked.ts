import { distanceMetres } from '../../../core/geo.ts';
import { bandOf } from '../distance.rules.ts';
import { personFacts } from '../matching.facts.ts';
import type { FitSettings, PersonFacts, PositionFacts } from '../matching.types.ts';
import { NEVER, STANDINGS } from './pool.columns.ts';
import type { PoolColumns } from './pool.columns.ts';

const MEMBER = STANDINGS.indexOf('member');

/** Somebody of whom nothing is known: what a rule says of them it says of all who lack what it asks about. */
export const NOBODY_SPECIAL: PersonFacts = {
  personId: '',
  standing: 'member',
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

/** One position asked about the rows of a pool. What costs something is reckoned once for a row, while it is the one looked at. */
export class Asked {
  readonly pool: PoolColumns;
  readonly facts: PositionFacts;
  readonly settings: FitSettings;
  private factsRow = -1;
  private facts_: PersonFacts = NOBODY_SPECIAL;
  private metresRow = -1;
  private metres_ = -1;

  constructor(pool: PoolColumns, facts: PositionFacts, settings: FitSettings) {
    this.pool = pool;
    this.facts = facts;
    this.settings = settings;
  }

  /** Whole metres as the rules know them, a band for people from outside; −1 when unknown. */
  metres(row: number): number {
    if (row === this.metresRow) return this.metres_;
    this.metresRow = row;
    const { point } = this.facts;
    const latitude = this.pool.latitude[row] ?? NaN;
    if (!point || Number.isNaN(latitude)) return (this.metres_ = -1);
    const exact = distanceMetres(point, { latitude, longitude: this.pool.longitude[row] ?? 0 });
    const known = this.pool.standing[row];
    const banded = known !== MEMBER && ['findable', 'unasked'].includes(STANDINGS[known ?? 0] ?? '');
    return (this.metres_ = banded ? bandOf(exact) : exact);
  }

  /** Everything that the rules may know of the person in the row. */
  person(row: number): PersonFacts {
    if (row === this.factsRow) return this.facts_;
    this.factsRow = row;
    const { sources, records, tenant } = this.pool;
    const own = sources[row];
    if (!own) throw new RangeError(`no row ${row}`);
    const record = records.get(row) ?? NOBODY_SPECIAL.record;
    return (this.facts_ = personFacts({ ...own, record }, this.facts, tenant));
  }

  /** Days from the last service to the shift; Infinity before the first. */
  daysSince(row: number, startDay: number): number {
    const last = this.pool.lastOn[row] ?? NEVER;
    return last === NEVER ? Infinity : startDay - last;
  }
}
