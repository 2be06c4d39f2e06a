import { latLngOf } from '../../../core/geo.ts';
import type { Tenant } from '../../tenants/index.ts';
import { hasConsent } from '../../people/fitting.rules.ts';
import { recordOf, skillsOn, trackOf } from '../matching.facts.ts';
import type { PersonSources } from '../matching.facts.ts';
import { areaBits, dateNumber, dayNumber, idBytes, languageBits, skillNumber } from './codes.ts';
import { FLAG, NOWHERE, rowOf } from './columns.ts';
import type { Columns, Entry } from './columns.ts';

/** What is known of few people: kept beside the columns, by row. */
export type Sparse = Pick<PersonSources, 'bookings' | 'credentials'> &
  Required<Pick<PersonSources, 'trained' | 'exclusions' | 'pools'>> & {
    /** Of those whose certificates give skills for a time: what they have besides. */
    readonly besides:
      (Pick<PersonSources, 'membership'> & { person: Pick<PersonSources['person'], 'skills'> }) | null;
  };

/** Places summed up by the database. */
export interface Tally {
  readonly kept: number;
  readonly missed: number;
  readonly lastOn: string | null;
}

/** Somebody's rows as the columns take them. */
export function entryOfSources(
  { person, membership, credentials, places = [] }: Omit<PersonSources, 'bookings'>,
  tenant: Pick<Tenant, 'zone'>,
  tally: Tally = recordOf(places, tenant.zone),
): Entry {
  const home = person.home ? latLngOf(person.home) : null;
  const track = trackOf(membership?.kind ?? null);
  return {
    id: idBytes(String(person._id)),
    latitude: home ? Math.round(home.latitude * 1e7) : NOWHERE,
    longitude: home ? Math.round(home.longitude * 1e7) : NOWHERE,
    born: dateNumber(person.birthDate),
    flags:
      (membership?.state === 'approved' ? FLAG.member : 0) |
      (hasConsent(person, 'guardian') ? FLAG.guardian : 0) |
      (track === 'certified' ? FLAG.certified : 0) |
      (track === 'semi-professional' ? FLAG.semiProfessional : 0),
    languages: languageBits(person.languages),
    interests: areaBits(person.interests ?? []),
    radius: Math.min(255, Math.ceil((person.radiusMetres ?? 0) / 1_000)),
    kept: Math.min(65_535, tally.kept),
    missed: Math.min(255, tally.missed),
    lastOn: dayNumber(tally.lastOn),
    availability: person.availability,
    skills: skillsOn(person, membership, credentials, null).flatMap(({ code, level, verified: seen }) => {
      const number = skillNumber(code);
      return number < 0 ? [] : [number * 8 + Math.min(3, level) * 2 + (seen ? 1 : 0)];
    }),
  };
}

/** What few have: null when there is nothing to keep. */
export function sparseOf({
  person: { skills },
  membership,
  bookings,
  credentials,
  trained = [],
  exclusions = [],
  pools = [],
}: PersonSources): Sparse | null {
  const known = [bookings, credentials, trained, exclusions, pools];
  if (known.every(({ length }) => length === 0)) return null;
  const besides = credentials.some(({ gives }) => gives.length > 0)
    ? { person: { skills }, membership }
    : null;
  return { bookings, credentials, trained, exclusions, pools, besides };
}

/** What few have, by row, and the rows of those whom anybody keeps from anything. */
export interface Beside {
  readonly sparse: ReadonlyMap<number, Sparse>;
  readonly excluded: readonly number[];
}

/** What is known by id as it is kept beside the columns, which learn whose rows those are. */
export function placeBeside(columns: Columns, byId: ReadonlyMap<string, Sparse>): Beside {
  const sparse = new Map<number, Sparse>();
  const excluded: number[] = [];
  for (const [id, few] of byId) {
    const row = rowOf(columns, idBytes(id));
    columns.flags[row]! |= FLAG.beside;
    sparse.set(row, few);
    if (few.exclusions.length > 0) excluded.push(row);
  }
  return { sparse, excluded };
}
