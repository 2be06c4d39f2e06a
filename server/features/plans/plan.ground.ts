import { asTenant } from '../../core/context.ts';
import { addDays, startOfDay } from '../../core/time.ts';
import { claimsOn, placesOf, settledOn, teamsOf } from '../assignments/index.ts';
import { credentialsOf, excludedFrom, positionFacts } from '../matching/index.ts';
import type { PersonSources, PositionFacts } from '../matching/index.ts';
import { membersToPlan } from '../memberships/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { OFFER_LEAD_MINUTES, SHORTEST_OFFER_MINUTES } from '../offers/index.ts';
import { bookingsAfter, idsOfCounties, readerOfPeopleToPlan } from '../people/index.ts';
import type { Booking, PersonToPlan } from '../people/index.ts';
import { shiftsToStaff } from '../shifts/index.ts';
import type { PositionRow, ShiftToStaff } from '../shifts/index.ts';
import { poolsOf } from '../talent-pools/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { trainedOf } from '../training/index.ts';
import { openSlots } from './plan.rules.ts';
import type { PlanSettings } from './plan.types.ts';

/** More than this is planned by unit: what a plan holds in memory is bounded. */
export const MOST_POSITIONS = 40_000;
export const MOST_PEOPLE = 400_000;
/** Past service that the rules look at. */
const PAST_MS = 14 * 86_400_000;
/** People read in one query; and from so many on, a tenant's facts are read whole. */
const IN_PARTS = 2_000;
const MANY = 5_000;

/** What keeps a run from making a plan; `code` is told to who asked for it. */
export class PlanImpossible extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** A tenant of the plan and which of its units take part; null for all. */
export interface Member {
  readonly tenant: Tenant;
  readonly unitIds: readonly string[] | null;
}

/** An open position as a plan sees it. */
export interface OpenPosition {
  /** Place of its tenant among those of the plan. */
  readonly tenant: number;
  readonly position: PositionRow;
  readonly shift: Omit<ShiftToStaff, 'positions'>;
  readonly facts: PositionFacts;
  readonly slots: number;
  /** Who already has to do with it: nobody is asked twice. */
  readonly claimed: ReadonlySet<string>;
  /** Who said no to it or left: the plan asks them no more, though people may. */
  readonly settled: ReadonlySet<string>;
}

/** Days on which somebody is expected or asked already, by person: local dates. */
export type Engaged = Map<string, Set<string>>;

/** What the rules know of somebody as a member. */
export type Membership = NonNullable<PersonSources['membership']>;

/** Somebody as read; what only few have in a tenant is by place of the tenant. */
export interface Somebody {
  readonly id: string;
  readonly row: PersonToPlan;
  readonly memberOf: ReadonlyMap<number, Membership>;
  credentials: ReadonlyMap<number, PersonSources['credentials']>;
  places: ReadonlyMap<number, PersonSources['places']>;
  exclusions: ReadonlyMap<number, PersonSources['exclusions']>;
  trained: ReadonlyMap<number, PersonSources['trained']>;
  /** Talent pools that each tenant certified them in. */
  pools: ReadonlyMap<number, PersonSources['pools']>;
  bookings: readonly Booking[];
}

/** People whom the plan may ask, and for each tenant those who are not to be asked. */
export interface Crowd {
  readonly people: readonly Somebody[];
  readonly kept: readonly ReadonlySet<string>[];
}

/** Told of each part that was read. */
export type Report = (done: number, total: number) => Promise<void>;

/** The open positions of all tenants of the plan within its days, soonest first, and who is engaged on which day. */
export async function readPositions(
  members: readonly Member[],
  settings: PlanSettings,
  now: Date,
  report: Report,
): Promise<{ positions: OpenPosition[]; engaged: Engaged }> {
  const positions: OpenPosition[] = [];
  const engaged: Engaged = new Map();
  for (const [at, { tenant, unitIds }] of members.entries()) {
    await asTenant(tenant.id, async () => {
      const earliest = now.getTime() + (OFFER_LEAD_MINUTES + SHORTEST_OFFER_MINUTES) * 60_000;
      const from = new Date(Math.max(earliest, startOfDay(settings.from, tenant.zone).getTime()));
      const before = startOfDay(addDays(settings.to, 1), tenant.zone);
      for await (const shifts of shiftsToStaff({ from, before, unitIds })) {
        const ids = shifts.map(({ _id }) => _id);
        const claims = Map.groupBy(await claimsOn(ids), ({ positionId }) => String(positionId));
        const settled = Map.groupBy(await settledOn(ids), ({ positionId }) => String(positionId));
        const teams = await teamsOf(ids);
        for (const { positions: own, ...shift } of shifts) {
          for (const position of own) {
            const facts = positionFacts(position, shift, tenant, teams.get(String(shift._id)));
            const here = claims.get(String(position._id)) ?? [];
            for (const { personId } of here) engage(engaged, String(personId), facts.startDate);
            const offered = here.filter(({ state }) => state === 'offered').length;
            const slots = openSlots(position, offered, settings.fill);
            const about = { claimed: idsOf(here), settled: idsOf(settled.get(String(position._id)) ?? []) };
            if (slots > 0) positions.push({ tenant: at, position, shift, facts, slots, ...about });
          }
        }
        if (positions.length > MOST_POSITIONS) throw new PlanImpossible('plan-too-many-positions');
        await report(positions.length, positions.length);
      }
    });
  }
  positions.sort(
    (a, b) =>
      a.facts.startsAt.getTime() - b.facts.startsAt.getTime() ||
      (String(a.position._id) < String(b.position._id) ? -1 : 1),
  );
  return { positions, engaged };
}

const idsOf = (rows: readonly { readonly personId: unknown }[]): Set<string> =>
  new Set(rows.map(({ personId }) => String(personId)));

function engage(engaged: Engaged, personId: string, date: string): void {
  const days = engaged.get(personId) ?? new Set<string>();
  engaged.set(personId, days.add(date));
}

/** Everybody whom one of the tenants may ask: its members, and people of its counties who agreed to be asked by others. */
export async function readPeople(
  members: readonly Member[],
  memberships: Pick<MembershipService, 'notToBeAsked'>,
  now: Date,
  report: Report,
): Promise<Crowd> {
  const memberOf = new Map<string, ReadonlyMap<number, Membership>>();
  const kept: Set<string>[] = [];
  for (const [at, { tenant }] of members.entries()) {
    await asTenant(tenant.id, async () => {
      // Nothing was seen of most members, whose skills are one empty list: they differ in their kind alone.
      const alike = new Map<Membership['verifiedSkills'], Map<string, ReadonlyMap<number, Membership>>>();
      for await (const some of membersToPlan()) {
        for (const { personId, state, kind, verifiedSkills } of some) {
          const id = String(personId);
          const seen = alike.get(verifiedSkills) ?? new Map<string, ReadonlyMap<number, Membership>>();
          alike.set(verifiedSkills, seen);
          const own = seen.get(kind) ?? new Map([[at, { state, kind, verifiedSkills }]]);
          seen.set(kind, own);
          const before = memberOf.get(id);
          memberOf.set(id, before ? new Map([...before, ...own]) : own);
        }
      }
      kept.push(await memberships.notToBeAsked());
    });
  }
  const counties = new Set(members.flatMap(({ tenant }) => tenant.serviceCounties));
  const findable = await idsOfCounties([...counties], MOST_PEOPLE + 1);
  const ids = [...new Set([...memberOf.keys(), ...findable])].sort();
  if (ids.length > MOST_PEOPLE) throw new PlanImpossible('plan-too-many-people');
  const people: Somebody[] = [];
  await eachPart(ids, readerOfPeopleToPlan(), async (rows) => {
    for (const row of rows) people.push(newSomebody(row, memberOf.get(String(row._id))));
    await report(people.length, ids.length);
  });
  people.sort((a, b) => (a.id < b.id ? -1 : 1));
  await readMore(people, members, now);
  return { people, kept };
}

/** Parts that are read while others are taken in: the database works on some while answers of others are unpacked. */
const PARTS_AT_ONCE = 3;

/** Reads something of very many people a part at a time; parts come as they are ready. */
async function eachPart<T>(
  ids: readonly string[],
  read: (some: readonly string[]) => Promise<T>,
  take: (found: T) => Promise<void> | void,
): Promise<void> {
  const parts = inParts(ids);
  const work = async (): Promise<void> => {
    for (const some of parts) await take(await read(some));
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work));
}

const NOTHING: ReadonlyMap<number, never> = new Map<number, never>();

/** Somebody of whom only the profile was read yet. */
export const newSomebody = (
  row: PersonToPlan,
  memberOf: ReadonlyMap<number, Membership> = NOTHING,
): Somebody => ({
  id: String(row._id),
  row,
  memberOf,
  credentials: NOTHING,
  places: NOTHING,
  exclusions: NOTHING,
  trained: NOTHING,
  pools: NOTHING,
  bookings: [],
});

/** What each tenant knows of them: credentials, past places, exclusions, courses passed; and what is booked around the plan's days. */
export async function readMore(
  people: readonly Somebody[],
  members: readonly Member[],
  now: Date,
): Promise<void> {
  const byId = new Map(people.map((one) => [one.id, one]));
  const ids = [...byId.keys()];
  // Of very many people all that a tenant knows is less than all that would be asked for one by one.
  const asked = ids.length > MANY ? null : ids;
  for (const [at, { tenant }] of members.entries()) {
    const put = <Fact>(found: ReadonlyMap<string, Fact>, add: (one: Somebody, own: Fact) => void): void => {
      for (const [id, own] of found) {
        const one = byId.get(id);
        if (one) add(one, own);
      }
    };
    await asTenant(tenant.id, async () => {
      const [credentials, places, exclusions, trained, pools] = await Promise.all([
        credentialsOf(asked),
        placesOf(asked),
        excludedFrom(asked),
        trainedOf(asked),
        poolsOf(asked),
      ]);
      put(credentials, (one, own) => (one.credentials = new Map(one.credentials).set(at, own)));
      put(places, (one, own) => (one.places = new Map(one.places).set(at, own)));
      put(exclusions, (one, own) => (one.exclusions = new Map(one.exclusions).set(at, own)));
      put(trained, (one, own) => (one.trained = new Map(one.trained).set(at, own)));
      put(pools, (one, own) => (one.pools = new Map(one.pools).set(at, own)));
    });
  }
  const since = new Date(now.getTime() - PAST_MS);
  await eachPart(
    ids,
    (some) => bookingsAfter(some, since),
    (found) => {
      for (const [id, bookings] of found) {
        const one = byId.get(id);
        if (one) one.bookings = bookings;
      }
    },
  );
}

function* inParts(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += IN_PARTS) yield ids.slice(at, at + IN_PARTS);
}
