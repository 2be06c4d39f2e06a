import { ObjectId } from 'mongodb';
import type { Collection, Db, Document, FindCursor } from 'mongodb';
import { localDate } from '../../../core/time.ts';
import type { Beside } from '../../../db/builders.ts';
import { GOOD_CREDENTIALS } from '../../credentials/fitting.rules.ts';
import type { CredentialFact } from '../../credentials/index.ts';
import { NOT_TO_BE_ASKED } from '../../memberships/fitting.rules.ts';
import type { MemberToPlan } from '../../memberships/index.ts';
import { bookingsIn, findableFilter, FIT_FIELDS } from '../../people/fitting.rules.ts';
import type { Booking, PersonToFit } from '../../people/index.ts';
import { GOOD_POOLS } from '../../talent-pools/fitting.rules.ts';
import { TRAINED } from '../../training/fitting.rules.ts';
import { EXCLUSIONS_BESIDE } from '../matching.beside.ts';
import type { PersonSources, PlaceRow } from '../matching.facts.ts';
import { RECENT_MS } from '../matching.facts.ts';
import type { Tally } from './entry.ts';

/*
 * Read by the driver alone, in a thread that has no models: what is read and in which states, the features say in their
 * `fitting.rules.ts`, the same for everybody who asks.
 */

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

/** Few enough for their rows to be gone before the next are read. */
const AT_ONCE = 1_000;
const DAY_MS = 86_400_000;
const MEMBER_FIELDS = { personId: 1, state: 1, kind: 1, verifiedSkills: 1 } as const;

type Member = MemberToPlan;
type Ids = readonly ObjectId[];
interface Of {
  readonly personId: ObjectId;
}

/** Reads a tenant's people from a database. */
export class PoolReader {
  private readonly db: Db;
  readonly tenant: SearchedTenant;
  private readonly tenantId: ObjectId;

  constructor(db: Db, tenant: SearchedTenant) {
    this.db = db;
    this.tenant = tenant;
    this.tenantId = new ObjectId(tenant.id);
  }

  /** Everybody whom the tenant may find, in batches. Reads the database once through; nothing is kept here. */
  async *everybody(now: Date): AsyncGenerator<Read[]> {
    const { tenantId } = this;
    const members = this.rows<Member>('memberships')
      .find({ tenantId, state: 'approved' } as never, { projection: MEMBER_FIELDS })
      .batchSize(AT_ONCE);
    yield* oneAhead(batches(members), async (batch) => {
      const ids = batch.map(({ personId }) => personId as ObjectId);
      const [people, beside, tallies] = await Promise.all([
        this.people(ids),
        this.beside(ids, now),
        this.tallies(ids),
      ]);
      return gather(people, { batch, beside, tallies });
    });
    const findable = this.rows<PersonToFit>('people')
      .find(findableFilter(this.tenant.serviceCounties, now) as never, { projection: FIT_FIELDS })
      .batchSize(AT_ONCE);
    yield* oneAhead(batches(findable), async (found) => {
      const known = await this.known(found.map(({ _id }) => _id as ObjectId));
      const people = found.filter(({ _id }) => !known.has(String(_id)));
      const beside = await this.beside(
        people.map(({ _id }) => _id as ObjectId),
        now,
      );
      return gather(people, { batch: [], beside, tallies: new Map() });
    });
  }

  /** How many people there are to be read, at most: some members are found as neighbours, too. */
  async most(now: Date): Promise<number> {
    const [members, findable] = await Promise.all([
      this.rows<Member>('memberships').countDocuments({
        tenantId: this.tenantId,
        state: 'approved',
      } as never),
      this.rows<PersonToFit>('people').countDocuments(
        findableFilter(this.tenant.serviceCounties, now) as never,
      ),
    ]);
    return members + findable;
  }

  /** These people as they are now; null stands for whoever is not in the tenant's pool. */
  async some(personIds: readonly string[], now: Date): Promise<Map<string, PersonSources | null>> {
    const { tenantId } = this;
    const ids = personIds.map((id) => new ObjectId(id));
    const [people, rows, beside, places, findable] = await Promise.all([
      this.people(ids),
      this.rows<Member>('memberships')
        .find(
          { tenantId, personId: { $in: ids }, state: { $in: ['approved', ...NOT_TO_BE_ASKED] } } as never,
          { projection: MEMBER_FIELDS },
        )
        .toArray(),
      this.beside(ids, now),
      this.rows<PlaceRow & Of>('assignments')
        .find({ tenantId, personId: { $in: ids }, state: { $in: ['checked_out', 'no_show'] } } as never, {
          projection: { personId: 1, requestId: 1, state: 1, endsAt: 1 },
        })
        .toArray(),
      this.rows<PersonToFit>('people')
        .find({ _id: { $in: ids }, ...findableFilter(this.tenant.serviceCounties, now) } as never, {
          projection: { _id: 1 },
        })
        .toArray(),
    ]);
    const open = new Set(findable.map(({ _id }) => String(_id)));
    const placesOf = byPerson(places);
    const found = new Map<string, PersonSources | null>(personIds.map((id) => [id, null]));
    for (const { sources } of gather(people as PersonToFit[], { batch: [], beside, tallies: new Map() })) {
      const id = String(sources.person._id);
      const own = (rows as Member[]).filter(({ personId }) => String(personId) === id);
      const member = own.find(({ state }) => state === 'approved') ?? null;
      if (!member && (own.length > 0 || !open.has(id))) continue;
      found.set(id, { ...sources, membership: member, places: placesOf.get(id) ?? [] });
    }
    return found;
  }

  private rows<Row extends object>(name: string): Collection<Row & Document> {
    return this.db.collection<Row & Document>(name);
  }

  private people(ids: Ids): Promise<PersonToFit[]> {
    return this.rows<PersonToFit>('people')
      .find({ _id: { $in: [...ids] } } as never, { projection: FIT_FIELDS, batchSize: AT_ONCE })
      .toArray() as Promise<PersonToFit[]>;
  }

  /** Of these, members and those about whom the tenant decides or decided: none of them is a neighbour from outside. */
  private async known(ids: Ids): Promise<Set<string>> {
    const rows = await this.rows<Of>('memberships')
      .find(
        {
          tenantId: this.tenantId,
          personId: { $in: [...ids] },
          state: { $in: ['approved', ...NOT_TO_BE_ASKED] },
        } as never,
        { projection: { personId: 1, _id: 0 }, batchSize: AT_ONCE },
      )
      .toArray();
    return new Set(rows.map(({ personId }) => String(personId)));
  }

  /** What few people have. */
  private async beside(ids: Ids, now: Date): Promise<BesidePeople> {
    const [credentials, trained, pools, exclusions, days] = await Promise.all([
      this.own<CredentialFact>(GOOD_CREDENTIALS, ids),
      this.own<{ courseId: ObjectId; passedOn: string | null; validTo: string | null }>(TRAINED, ids),
      this.own<{ poolId: ObjectId; validTo: string | null }>(GOOD_POOLS, ids),
      this.own<{ requestId: ObjectId | null }>(EXCLUSIONS_BESIDE, ids),
      this.rows<Of & { bookings: Booking[] }>('persondays')
        .find(
          {
            personId: { $in: [...ids] },
            bookings: { $elemMatch: { startsAt: { $gte: new Date(now.getTime() - RECENT_MS - DAY_MS) } } },
          } as never,
          { projection: { _id: 0, personId: 1, bookings: 1 }, batchSize: AT_ONCE },
        )
        .toArray(),
    ]);
    return { credentials, trained, pools, exclusions, days: byPerson(days) };
  }

  private async own<Row>({ from, match, fields }: Beside, ids: Ids): Promise<Map<string, (Row & Of)[]>> {
    const rows = await this.rows<Row & Of>(from)
      .find({ tenantId: this.tenantId, personId: { $in: [...ids] }, ...match } as never, {
        projection: { _id: 0, personId: 1, ...fields },
        batchSize: AT_ONCE,
      })
      .toArray();
    return byPerson(rows as (Row & Of)[]);
  }

  /** Places kept and missed, summed up by the database. */
  private async tallies(ids: Ids): Promise<Map<string, Tally>> {
    const rows = await this.db
      .collection('assignments')
      .aggregate<{ _id: ObjectId; kept: number; missed: number; last: Date | null }>(
        [
          {
            $match: {
              tenantId: this.tenantId,
              personId: { $in: [...ids] },
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
        ],
        { batchSize: AT_ONCE },
      )
      .toArray();
    return new Map(
      rows.map(({ _id, kept, missed, last }) => [
        String(_id),
        { kept, missed, lastOn: last ? localDate(last, this.tenant.zone) : null },
      ]),
    );
  }
}

interface BesidePeople {
  readonly credentials: ReadonlyMap<string, (CredentialFact & Of)[]>;
  readonly trained: ReadonlyMap<
    string,
    { courseId: ObjectId; passedOn: string | null; validTo: string | null }[]
  >;
  readonly pools: ReadonlyMap<string, { poolId: ObjectId; validTo: string | null }[]>;
  readonly exclusions: ReadonlyMap<string, { requestId: ObjectId | null }[]>;
  readonly days: ReadonlyMap<string, { bookings: Booking[] }[]>;
}

const byPerson = <Row extends Of>(rows: readonly Row[]): Map<string, Row[]> =>
  Map.groupBy(rows, ({ personId }) => String(personId));

function gather(
  people: readonly PersonToFit[],
  {
    batch,
    beside,
    tallies,
  }: {
    readonly batch: readonly Member[];
    readonly beside: BesidePeople;
    readonly tallies: ReadonlyMap<string, Tally>;
  },
): Read[] {
  const membershipOf = new Map(batch.map((member) => [String(member.personId), member]));
  return people.map((person) => {
    const id = String(person._id);
    return {
      tally: tallies.get(id) ?? null,
      sources: {
        person,
        membership: membershipOf.get(id) ?? null,
        notToBeAsked: false,
        credentials: (beside.credentials.get(id) ?? []).map(({ personId: _of, ...fact }) => fact),
        bookings: bookingsIn(beside.days.get(id) ?? []),
        exclusions: (beside.exclusions.get(id) ?? []).map(({ requestId }) =>
          requestId === null ? null : String(requestId),
        ),
        trained: (beside.trained.get(id) ?? []).map(({ courseId, passedOn, validTo }) => ({
          courseId: String(courseId),
          passedOn: passedOn ?? '',
          validTo,
        })),
        pools: (beside.pools.get(id) ?? []).map(({ poolId, validTo }) => ({
          poolId: String(poolId),
          validTo,
        })),
      },
    };
  });
}

/** Each made into something else; the next is in the making while the one before is used. */
async function* oneAhead<T, R>(from: AsyncIterable<T>, make: (one: T) => Promise<R>): AsyncGenerator<R> {
  let ahead: Promise<R> | null = null;
  for await (const one of from) {
    const next = make(one);
    // Whoever waits for it hears of a fault; until then nobody is to be alarmed.
    next.catch(() => undefined);
    if (ahead) yield await ahead;
    ahead = next;
  }
  if (ahead) yield await ahead;
}

async function* batches<T>(cursor: FindCursor<T>): AsyncGenerator<T[]> {
  let batch: T[] = [];
  for await (const row of cursor) {
    batch.push(row);
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
export async function touchedSince(db: Db, since: Date, known: ReadonlySet<string>): Promise<Touched> {
  const entries = await db
    .collection<{ _id: ObjectId; subjectType: string; subjectId: string }>('auditentries')
    .find(
      {
        _id: { $gt: ObjectId.createFromTime(Math.floor(since.getTime() / 1_000)) },
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
    const rows = await db
      .collection<Of>(from)
      .find({ _id: { $in: ids.map((id) => new ObjectId(id)) } } as never, {
        projection: { personId: 1 },
      })
      .toArray();
    for (const { personId } of rows) personIds.add(String(personId));
  }
  return { entries: fresh.map(({ _id }) => String(_id)), personIds: [...personIds] };
}
