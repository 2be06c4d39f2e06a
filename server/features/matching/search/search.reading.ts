import { Types } from 'mongoose';
import type { mongo } from 'mongoose';
import { asTenant } from '../../../core/context.ts';
import { localDate } from '../../../core/time.ts';
import { database } from '../../../db/connect.ts';
import { findableFilter } from '../../people/index.ts';
import type { Booking, PersonRow } from '../../people/index.ts';
import type { MembershipRow } from '../../memberships/index.ts';
import { factsOf as credentialFacts } from '../../credentials/index.ts';
import type { CredentialFact } from '../../credentials/index.ts';
import { NOT_TO_BE_ASKED } from '../../memberships/index.ts';
import { poolsOf } from '../../talent-pools/index.ts';
import type { PoolFact } from '../../talent-pools/index.ts';
import type { PersonSources, PlaceRow, TrainedSource } from '../matching.facts.ts';
import { RECENT_MS } from '../matching.facts.ts';
import type { Tally } from './entry.ts';

/** The tenant whose people are read: every query below names it, since no request stands behind them. */
export interface SearchedTenant {
  readonly id: string;
  readonly zone: string;
  readonly serviceCounties: readonly string[];
}

/** Somebody of the pool, with places as rows or summed up. */
export interface Read {
  readonly sources: PersonSources;
  readonly tally: Tally | null;
}

const PERSON_FIELDS = {
  birthDate: 1,
  languages: 1,
  skills: 1,
  home: 1,
  county: 1,
  availability: 1,
  radiusMetres: 1,
  interests: 1,
  consents: 1,
} as const;
const AT_ONCE = 2_000;
const DAY_MS = 86_400_000;

type Member = Pick<MembershipRow, 'personId' | 'state' | 'kind' | 'verifiedSkills'>;
const collection = <Row extends mongo.BSON.Document>(name: string): mongo.Collection<Row> =>
  database().collection<Row>(name);

/** Everybody whom the tenant may find, in batches. Reads the database once through; nothing is kept here. */
export async function* readPool(tenant: SearchedTenant, now: Date): AsyncGenerator<Read[]> {
  const tenantId = new Types.ObjectId(tenant.id);
  const bookings = await allBookings(now);
  const members = collection<Member & { _id: Types.ObjectId }>('memberships')
    .find(
      { tenantId, state: 'approved' },
      { projection: { personId: 1, state: 1, kind: 1, verifiedSkills: 1 } },
    )
    .batchSize(AT_ONCE);
  for await (const batch of batches(members)) {
    const people = await peopleOf(batch.map(({ personId }) => personId));
    const few = await fewOf(tenantId, people);
    yield gather(people, { batch, few, bookings, tallies: await talliesOf(tenantId, tenant.zone, batch) });
  }
  const known = new Set(
    (
      await collection<Member>('memberships')
        .find(
          { tenantId, state: { $in: ['approved', ...NOT_TO_BE_ASKED] } },
          { projection: { personId: 1, _id: 0 } },
        )
        .toArray()
    ).map(({ personId }) => String(personId)),
  );
  const findable = collection<PersonRow>('people')
    .find(findableFilter(tenant.serviceCounties, now) as never, { projection: PERSON_FIELDS })
    .batchSize(AT_ONCE);
  for await (const found of batches(findable)) {
    const people = found.filter(({ _id }) => !known.has(String(_id)));
    yield gather(people, { batch: [], few: await fewOf(tenantId, people), bookings, tallies: new Map() });
  }
}

/** These people as they are now; null stands for whoever is not in the tenant's pool. */
export async function readSome(
  tenant: SearchedTenant,
  personIds: readonly string[],
  now: Date,
): Promise<Map<string, PersonSources | null>> {
  const tenantId = new Types.ObjectId(tenant.id);
  const ids = personIds.map((id) => new Types.ObjectId(id));
  const [people, rows, few, places, days, findable] = await Promise.all([
    peopleOf(ids),
    collection<Member>('memberships')
      .find({ tenantId, personId: { $in: ids }, state: { $in: ['approved', ...NOT_TO_BE_ASKED] } })
      .toArray(),
    fewOf(
      tenantId,
      ids.map((_id) => ({ _id })),
    ),
    collection<PlaceRow & { personId: Types.ObjectId }>('assignments')
      .find({ tenantId, personId: { $in: ids }, state: { $in: ['checked_out', 'no_show'] } })
      .toArray(),
    collection<{ personId: Types.ObjectId; bookings: Booking[] }>('persondays')
      .find({
        personId: { $in: ids },
        'bookings.startsAt': { $gte: new Date(now.getTime() - RECENT_MS - DAY_MS) },
      })
      .toArray(),
    collection<PersonRow>('people')
      .find({ _id: { $in: ids }, ...findableFilter(tenant.serviceCounties, now) } as never, {
        projection: { _id: 1 },
      })
      .toArray(),
  ]);
  const open = new Set(findable.map(({ _id }) => String(_id)));
  const placesOf = Map.groupBy(places, ({ personId }) => String(personId));
  const bookings = bookingsByPerson(days);
  const read = gather(people, { batch: [], few, bookings, tallies: new Map() });
  const found = new Map<string, PersonSources | null>(personIds.map((id) => [id, null]));
  for (const { sources } of read) {
    const id = String(sources.person._id);
    const own = rows.filter(({ personId }) => String(personId) === id);
    const member = own.find(({ state }) => state === 'approved') ?? null;
    if (!member && (own.length > 0 || !open.has(id))) continue;
    found.set(id, { ...sources, membership: member, places: placesOf.get(id) ?? [] });
  }
  return found;
}

const peopleOf = (ids: readonly Types.ObjectId[]): Promise<PersonRow[]> =>
  collection<PersonRow>('people')
    .find({ _id: { $in: [...ids] } }, { projection: PERSON_FIELDS })
    .toArray() as Promise<PersonRow[]>;

interface Beside {
  readonly batch: readonly Member[];
  readonly few: Few;
  readonly bookings: ReadonlyMap<string, Booking[]>;
  readonly tallies: ReadonlyMap<string, Tally>;
}

function gather(people: readonly PersonRow[], { batch, few, bookings, tallies }: Beside): Read[] {
  const membershipOf = new Map(batch.map((member) => [String(member.personId), member]));
  return people.map((person) => {
    const id = String(person._id);
    return {
      tally: tallies.get(id) ?? null,
      sources: {
        person,
        membership: membershipOf.get(id) ?? null,
        notToBeAsked: false,
        credentials: few.credentials.get(id) ?? [],
        bookings: bookings.get(id) ?? [],
        exclusions: few.exclusions.get(id) ?? [],
        trained: few.trained.get(id) ?? [],
        pools: few.pools.get(id) ?? [],
      },
    };
  });
}

/** What people have learned lies in a feature above this one, so its reader is handed over when the thread starts. */
export interface ThreadReaders {
  readonly trainedOf: (personIds: readonly Types.ObjectId[]) => Promise<Map<string, TrainedSource[]>>;
}
let readers: ThreadReaders | null = null;
export const takeReaders = (given: ThreadReaders): void => {
  readers = given;
};
const trainedBy = (ids: readonly Types.ObjectId[]): ReturnType<ThreadReaders['trainedOf']> => {
  if (!readers) throw new Error('The search thread was started without its readers');
  return readers.trainedOf(ids);
};

/** What few people have. */
interface Few {
  readonly credentials: ReadonlyMap<string, CredentialFact[]>;
  readonly trained: ReadonlyMap<string, TrainedSource[]>;
  readonly exclusions: ReadonlyMap<string, (string | null)[]>;
  readonly pools: ReadonlyMap<string, PoolFact[]>;
}

async function fewOf(tenantId: Types.ObjectId, people: readonly Pick<PersonRow, '_id'>[]): Promise<Few> {
  const ids = people.map(({ _id }) => _id);
  const [credentials, trained, pools, exclusions] = await Promise.all([
    asTenant(String(tenantId), () => credentialFacts(ids)),
    asTenant(String(tenantId), () => trainedBy(ids)),
    asTenant(String(tenantId), () => poolsOf(ids)),
    collection<{ personId: Types.ObjectId; requestId: Types.ObjectId | null }>('exclusions')
      .find(
        { tenantId, personId: { $in: ids }, liftedAt: null },
        { projection: { personId: 1, requestId: 1 } },
      )
      .toArray(),
  ]);
  return {
    credentials,
    trained,
    pools,
    exclusions: new Map(
      [...Map.groupBy(exclusions, ({ personId }) => String(personId))].map(([id, own]) => [
        id,
        own.map(({ requestId }) => (requestId === null ? null : String(requestId))),
      ]),
    ),
  };
}

/** Everything booked from two weeks ago on, in whatever tenants. */
async function allBookings(now: Date): Promise<Map<string, Booking[]>> {
  const from = new Date(now.getTime() - RECENT_MS - DAY_MS);
  return bookingsByPerson(
    await collection<{ personId: Types.ObjectId; bookings: Booking[] }>('persondays')
      .find({ 'bookings.startsAt': { $gte: from } }, { projection: { personId: 1, bookings: 1 } })
      .toArray(),
  );
}

function bookingsByPerson(
  days: readonly { personId: Types.ObjectId; bookings: Booking[] }[],
): Map<string, Booking[]> {
  const found = new Map<string, Map<string, Booking>>();
  for (const { personId, bookings } of days) {
    const own = found.get(String(personId)) ?? new Map<string, Booking>();
    for (const booking of bookings) own.set(String(booking.assignmentId), booking);
    found.set(String(personId), own);
  }
  return new Map([...found].map(([id, own]) => [id, [...own.values()]]));
}

/** Places kept and missed, summed up by the database. */
async function talliesOf(
  tenantId: Types.ObjectId,
  zone: string,
  batch: readonly Member[],
): Promise<Map<string, Tally>> {
  const rows = await collection('assignments')
    .aggregate<{ _id: Types.ObjectId; kept: number; missed: number; last: Date | null }>([
      {
        $match: {
          tenantId,
          personId: { $in: batch.map(({ personId }) => personId) },
          state: { $in: ['checked_out', 'no_show'] },
        },
      },
      {
        $group: {
          _id: '$personId',
          kept: { $sum: { $cond: [{ $eq: ['$state', 'checked_out'] }, 1, 0] } },
          missed: { $sum: { $cond: [{ $eq: ['$state', 'no_show'] }, 1, 0] } },
          last: { $max: { $cond: [{ $eq: ['$state', 'checked_out'] }, '$endsAt', null] } },
        },
      },
    ])
    .toArray();
  return new Map(
    rows.map(({ _id, kept, missed, last }) => [
      String(_id),
      { kept, missed, lastOn: last ? localDate(last, zone) : null },
    ]),
  );
}

async function* batches<T extends mongo.BSON.Document>(cursor: mongo.FindCursor<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const row of cursor) {
    batch.push(row as T);
    if (batch.length === AT_ONCE) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Where the person stands behind each kind of thing that an audit entry can be about. */
const PERSON_BEHIND: Readonly<Record<string, string>> = {
  Membership: 'memberships',
  Assignment: 'assignments',
  Credential: 'credentials',
  Exclusion: 'exclusions',
  PoolMember: 'poolmembers',
  Enrolment: 'enrolments',
};

export interface Touched {
  readonly entries: readonly string[];
  readonly personIds: readonly string[];
}

/**
 * People whom entries of the audit trail are about that were written from an instant on: whatever changes what the rules
 * ask of a person writes one. `known` entries are left out.
 */
export async function touchedSince(since: Date, known: ReadonlySet<string>): Promise<Touched> {
  const entries = await collection<{ _id: Types.ObjectId; subjectType: string; subjectId: string }>(
    'auditentries',
  )
    .find(
      {
        _id: { $gt: Types.ObjectId.createFromTime(Math.floor(since.getTime() / 1_000)) },
        subjectType: { $in: ['Person', ...Object.keys(PERSON_BEHIND)] },
      },
      { projection: { subjectType: 1, subjectId: 1 }, hint: '_id_' },
    )
    .toArray();
  const fresh = entries.filter(({ _id }) => !known.has(String(_id)));
  const personIds = new Set(
    fresh.filter(({ subjectType }) => subjectType === 'Person').map(({ subjectId }) => subjectId),
  );
  for (const [type, from] of Object.entries(PERSON_BEHIND)) {
    const ids = fresh.filter(({ subjectType }) => subjectType === type).map(({ subjectId }) => subjectId);
    if (ids.length === 0) continue;
    const rows = await collection<{ personId: Types.ObjectId }>(from)
      .find({ _id: { $in: ids.map((id) => new Types.ObjectId(id)) } } as never, {
        projection: { personId: 1 },
      })
      .toArray();
    for (const { personId } of rows) personIds.add(String(personId));
  }
  return { entries: fresh.map(({ _id }) => String(_id)), personIds: [...personIds] };
}
