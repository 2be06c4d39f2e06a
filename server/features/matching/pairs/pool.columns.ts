import { latLngOf, radians } from '../../../core/geo.ts';
import type { LatLng } from '../../../core/geo.ts';
import type { Tenant } from '../../tenants/index.ts';
import { hasConsent } from '../../people/fitting.rules.ts';
import { isOutside } from '../distance.rules.ts';
import { areClaimsAlone, recordOf, skillsOn, standingOf, trackOf } from '../matching.facts.ts';
import type { PersonSources } from '../matching.facts.ts';
import type { PersonFacts, ServiceRecord } from '../matching.types.ts';
import { dateNumber } from '../search/codes.ts';
import { cellOf, keyOf } from './cells.ts';
import { FreeTimes, SkillRows, WordRows } from './rows.ts';

/** What few people have: whoever has it is asked about by the rule itself, with all that is known of them. */
export const FEW = {
  booked: 1,
  gives: 2,
  kept: 4,
  trained: 8,
  credentials: 16,
  pools: 32,
  odd: 64,
} as const;

export const STANDINGS: readonly PersonFacts['standing'][] = [
  'member',
  'suspended',
  'findable',
  'unasked',
  'stranger',
];
export const TRACKS: readonly PersonFacts['track'][] = [null, 'certified', 'semi-professional'];
/** Before the first service. */
export const NEVER = -0x80000000;
const NOBODYS: ServiceRecord = { kept: 0, missed: 0, lastOn: null, served: new Map() };

/**
 * People whom one tenant may ask, as columns: a number or a few bits of each for whatever a rule asks of everybody. Rows lie
 * in the order of cells on the map, those without a home last. Nothing is rounded: a rule answers the same from either form.
 */
export class PoolColumns {
  readonly tenant: Tenant;
  readonly size: number;
  /** The caller's number of the person in each row. */
  readonly who: Int32Array;
  /** Cells ascending; Infinity without a home. */
  readonly cell: Float64Array;
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
  /** Of the latitude. */
  readonly cosine: Float64Array;
  /** Places in `STANDINGS` and `TRACKS`. */
  readonly standing: Uint8Array;
  /** 1 where who looks may know only a band of the distance. */
  readonly banded: Uint8Array;
  /** Those that anybody has. */
  readonly standings: readonly number[];
  readonly tracks: readonly number[];
  readonly track: Uint8Array;
  /** Year, month and day as one number; 0 when unknown. */
  readonly born: Int32Array;
  readonly guardian: Uint8Array;
  /** Metres; NaN leaves it to the organisation. */
  readonly radius: Float64Array;
  readonly kept: Int32Array;
  readonly missed: Int32Array;
  /** Days since 1970; NEVER before the first service. */
  readonly lastOn: Int32Array;
  /** Sums of `FEW`; and what anybody has of it. */
  readonly few: Uint8Array;
  readonly anyFew: number;
  readonly languages: WordRows;
  readonly interests: WordRows;
  readonly free: FreeTimes;
  readonly skills: SkillRows;
  readonly sources: readonly PersonSources[];
  /** Places summed up, by row, of those who had any. */
  readonly records: ReadonlyMap<number, ServiceRecord>;
  /** Rows of those who go further than so many metres by their own word, by those metres: filled as asked for. */
  private readonly farther = new Map<number, Int32Array>();
  /** How often rows served a request, by request: made when first asked for. */
  private served: Map<string, Map<number, number>> | null = null;
  /** Whole metres to the position asked about last in a turn, −1 when unknown, and in which turn that was. */
  readonly measured: Int32Array;
  readonly measuredIn: Int32Array;
  private turn = 0;
  private readonly bySkill: readonly Int32Array[];
  private readonly everybody: Int32Array;

  /** @param people whom the tenant may ask, each with the caller's number */
  constructor(
    tenant: Tenant,
    people: readonly { readonly number: number; readonly sources: PersonSources }[],
  ) {
    this.tenant = tenant;
    const laid = inOrderOfCells(people);
    const { length } = laid;
    this.size = length;
    this.sources = laid.map(({ sources }) => sources);
    this.who = Int32Array.from(laid, ({ number }) => number);
    this.cell = Float64Array.from(laid, ({ cell }) => cell);
    this.records = recordsOf(this.sources, tenant.zone);
    [this.latitude, this.longitude, this.cosine, this.radius] = columns(Float64Array, length);
    [this.standing, this.track, this.guardian, this.few] = columns(Uint8Array, length);
    this.banded = new Uint8Array(length);
    [this.born, this.kept, this.missed, this.lastOn] = columns(Int32Array, length);
    [this.measured, this.measuredIn] = columns(Int32Array, length);
    // All of one person at a time: their facts lie anywhere in memory.
    const free = this.sources.map((sources, row) => this.layOut(sources, row));
    this.standings = [...new Set(this.standing)];
    this.tracks = [...new Set(this.track)];
    this.anyFew = this.few.reduce((any, own) => any | own, 0);
    this.languages = new WordRows(this.sources.map(({ person }) => person.languages));
    this.interests = new WordRows(this.sources.map(({ person }) => person.interests ?? NO_WORDS));
    this.free = new FreeTimes(free);
    // On any days: who has a skill for a time only is asked about by the rule itself.
    this.skills = new SkillRows(length, (row) => {
      const { person, membership, credentials } = this.sources[row]!;
      if (areClaimsAlone(person, membership, credentials)) return person.skills;
      return skillsOn(person, membership, credentials, null);
    });
    this.bySkill = postings(this.skills, this.size);
    this.everybody = Int32Array.from({ length: this.size }, (_, row) => row);
  }

  /** Fills the columns of a row. @returns the free times that columns can keep */
  private layOut(sources: PersonSources, row: number): PersonSources['person']['availability'] {
    const { person, membership } = sources;
    const { latitude, longitude } = person.home ? latLngOf(person.home) : NOWHERE;
    const record = this.records.get(row) ?? NOBODYS;
    const keeps = FreeTimes.holds(person.availability);
    this.latitude[row] = latitude;
    this.longitude[row] = longitude;
    this.cosine[row] = Math.cos(radians(latitude));
    this.radius[row] = person.radiusMetres ?? NaN;
    const standing = standingOf(person, sources, this.tenant);
    this.standing[row] = STANDINGS.indexOf(standing);
    this.banded[row] = sources.elsewhere === true || isOutside(standing) ? 1 : 0;
    this.track[row] = TRACKS.indexOf(trackOf(membership?.kind ?? null));
    this.guardian[row] = hasConsent(person, 'guardian') ? 1 : 0;
    this.born[row] = dateNumber(person.birthDate);
    this.kept[row] = record.kept;
    this.missed[row] = record.missed;
    this.lastOn[row] = dayOf(record.lastOn);
    this.few[row] = fewOf(sources) | (keeps ? 0 : FEW.odd);
    return keeps ? person.availability : NO_TIMES;
  }

  /** The number of the next position that is asked about the rows. */
  nextTurn(): number {
    return ++this.turn;
  }

  /** How often each row served a request; undefined where nobody did. */
  servedAt(requestId: string): ReadonlyMap<number, number> | undefined {
    this.served ??= servedOf(this.records);
    return this.served.get(requestId);
  }

  /** Whether the tenant verified anything of the person in the row. */
  holds(row: number): boolean {
    return ((this.few[row] ?? 0) & FEW.credentials) !== 0;
  }

  /** Rows of those who may have all of these skills, ascending; some of them have not. */
  skilled(codes: readonly string[]): Int32Array {
    let least = this.everybody;
    for (const code of codes) {
      const number = this.skills.number.get(code);
      const own = number === undefined ? NONE : (this.bySkill[number] ?? NONE);
      if (own.length < least.length) least = own;
    }
    return least;
  }

  /** Rows with a home whose own radius is wider than so many metres. */
  farFrom(metres: number): Int32Array {
    const known = this.farther.get(metres);
    if (known) return known;
    const made = this.everybody.filter(
      (row) => (this.radius[row] ?? NaN) > metres && !Number.isNaN(this.latitude[row]),
    );
    this.farther.set(metres, made);
    return made;
  }
}

const NONE = new Int32Array(0);
const NO_WORDS: string[] = [];
const NO_TIMES: PersonSources['person']['availability'] = [];
const NOWHERE: LatLng = { latitude: NaN, longitude: NaN };

/** Columns of one kind, so many rows long. */
const columns = <A>(Kind: new (length: number) => A, length: number): [A, A, A, A] => [
  new Kind(length),
  new Kind(length),
  new Kind(length),
  new Kind(length),
];

/** A cell and a place in the list share one exact number: cells stay below 2^31, places below 2^22. */
const PLACES = 2 ** 22;
const HOMELESS = 2 ** 31 - 1;

/** By cell, those without a home last; within a cell as they came. Numbers without a comparator sort several times faster. */
function inOrderOfCells(people: readonly { readonly number: number; readonly sources: PersonSources }[]) {
  const cells = people.map(({ sources }) => cellOfSources(sources));
  const keys = Float64Array.from(cells, (cell, at) => Math.min(cell, HOMELESS) * PLACES + at);
  return Array.from(keys.sort(), (key) => {
    const at = key % PLACES;
    const { number, sources } = people[at] as (typeof people)[number];
    return { number, sources, cell: cells[at] ?? Infinity };
  });
}

function cellOfSources({ person }: PersonSources): number {
  if (!person.home) return Infinity;
  const { latitude, longitude } = latLngOf(person.home);
  return keyOf(...cellOf(latitude, longitude));
}

function recordsOf(sources: readonly PersonSources[], zone: string): Map<number, ServiceRecord> {
  const records = new Map<number, ServiceRecord>();
  sources.forEach(({ places = [] }, row) => {
    if (places.length > 0) records.set(row, recordOf(places, zone));
  });
  return records;
}

function servedOf(records: ReadonlyMap<number, ServiceRecord>): Map<string, Map<number, number>> {
  const byRequest = new Map<string, Map<number, number>>();
  for (const [row, { served }] of records)
    for (const [requestId, times] of served) {
      const own = byRequest.get(requestId);
      if (own) own.set(row, times);
      else byRequest.set(requestId, new Map([[row, times]]));
    }
  return byRequest;
}

/** What few have, beside odd free times. */
function fewOf(sources: PersonSources): number {
  const { bookings, credentials, exclusions = [], trained = [], pools = [] } = sources;
  return (
    (bookings.length > 0 ? FEW.booked : 0) |
    (credentials.some(({ gives }) => gives.length > 0) ? FEW.gives : 0) |
    (exclusions.length > 0 ? FEW.kept : 0) |
    (trained.length > 0 ? FEW.trained : 0) |
    (credentials.length > 0 ? FEW.credentials : 0) |
    (pools.length > 0 ? FEW.pools : 0)
  );
}

/** Days since 1970 of a local date. */
export const dayOf = (date: string | null): number =>
  date === null ? NEVER : Math.round(Date.parse(`${date}T00:00:00Z`) / 86_400_000);

function postings({ start, code, number }: SkillRows, size: number): Int32Array[] {
  const counts = new Int32Array(number.size);
  for (const one of code) counts[one] = (counts[one] ?? 0) + 1;
  const lists = Array.from(counts, (count) => new Int32Array(count));
  const at = new Int32Array(number.size);
  for (let row = 0; row < size; row++)
    for (let i = start[row] ?? 0; i < (start[row + 1] ?? 0); i++) {
      const one = code[i] ?? 0;
      const place = at[one] ?? 0;
      (lists[one] ?? NONE)[place] = row;
      at[one] = place + 1;
    }
  return lists;
}
