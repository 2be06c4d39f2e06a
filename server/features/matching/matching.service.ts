import { createHmac } from 'node:crypto';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { holdersOfType } from '../credentials/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { bookingsOf } from '../people/index.ts';
import type { Booking, PeopleService, PersonRow } from '../people/index.ts';
import type { OpenShift, PlannedShift, PositionRow, ShiftRow, ShiftService } from '../shifts/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import { excludedFrom } from './exclusion.service.ts';
import {
  credentialsOf,
  NOBODY,
  ownSources,
  personFacts,
  positionFacts,
  RECENT_MS,
  teamOf,
} from './matching.facts.ts';
import type { PersonSources, PlaceRow } from './matching.facts.ts';
import { fit, forOthers, funnel, rank, refusals } from './matching.rules.ts';
import type { Finding, Fit, PositionFacts } from './matching.types.ts';
import { settingsOf } from './weights.service.ts';

/** Most members that one ranking looks at. */
const MOST_MEMBERS = 20_000;
/** Members that are looked at where a place needs no certificate. */
const MOST_ASKED = 2_000;

export interface Candidate {
  /** What an offer names: stands for one person on one position and says nothing else. */
  readonly handle: string;
  /** Null for people from outside the tenant, until they accept. */
  readonly name: string | null;
  readonly membershipId: string | null;
  readonly fit: Fit;
}

export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly funnel: readonly { readonly rule: string; readonly remaining: number }[];
  readonly looked: number;
  readonly excluded: readonly {
    readonly name: string;
    readonly membershipId: string;
    readonly refusals: readonly Finding[];
  }[];
}

export interface Suited {
  readonly position: PositionRow;
  readonly shift: PlannedShift;
  readonly fit: Fit;
}

export interface MatchingParts {
  readonly people: PeopleService;
  readonly memberships: MembershipService;
  readonly shifts: ShiftService;
  readonly tenants: TenantService;
  /** Places that are over, by person, in the current tenant. */
  readonly placesOf: (personIds: readonly string[]) => Promise<Map<string, PlaceRow[]>>;
  /** Who of the two tracks has a place of these shifts of the current tenant. */
  readonly teamsOf: (shiftIds: readonly unknown[]) => Promise<Map<string, PositionFacts['team']>>;
  /** Trainings passed and in force, by person; absent where no feature knows of any. */
  readonly trainedOf?: (personIds: readonly string[]) => Promise<Map<string, string[]>>;
  /** Key of the handles under which nameless candidates are offered. */
  readonly handleKey: Buffer;
}

export type MatchingService = ReturnType<typeof createMatchingService>;

export function createMatchingService(parts: MatchingParts) {
  const { people, memberships, shifts, tenants, placesOf, teamsOf, handleKey } = parts;
  const trainedOf = parts.trainedOf ?? (async () => new Map<string, string[]>());
  const handleOf = (positionId: unknown, personId: unknown): string =>
    createHmac('sha256', handleKey)
      .update(`${String(positionId)}:${String(personId)}`)
      .digest('base64url')
      .slice(0, 22);

  /** The people a coordinator may find for this shift, with what the rules need to know, in a fixed number of queries. */
  async function pool(shift: ShiftRow, tenant: Tenant) {
    const members = await memberships.approvedPeople(MOST_MEMBERS);
    const byPerson = new Map(members.map((member) => [String(member.personId), member]));
    const [known, findable, notToBeAsked] = await Promise.all([
      people.rows([...byPerson.keys()]),
      people.findable(tenant.serviceCounties, MOST_MEMBERS),
      memberships.notToBeAsked(),
    ]);
    const outside = (id: string): boolean => !byPerson.has(id) && !notToBeAsked.has(id);
    const everybody = [...known, ...findable.filter((person) => outside(String(person._id)))];
    return sourcesOf(everybody, byPerson, around(shift, RECENT_MS));
  }

  /** What the rules need to know of these people, in a fixed number of queries. */
  async function sourcesOf(
    everybody: readonly PersonRow[],
    byPerson: ReadonlyMap<string, MembershipRow>,
    window: { startsAt: Date; endsAt: Date },
  ) {
    const ids = everybody.map((person) => String(person._id));
    const [credentials, bookings, places, exclusions, trained] = await Promise.all([
      credentialsOf(ids),
      bookingsOf(ids, window),
      placesOf(ids),
      excludedFrom(ids),
      trainedOf(ids),
    ]);
    return everybody.map((person, at) => {
      const id = ids[at] ?? '';
      return {
        person,
        membership: byPerson.get(id) ?? null,
        notToBeAsked: false,
        credentials: credentials.get(id) ?? [],
        bookings: bookings.get(id) ?? [],
        places: places.get(id) ?? [],
        exclusions: exclusions.get(id) ?? [],
        trained: trained.get(id) ?? [],
      } satisfies PersonSources;
    });
  }

  /** What keeps one person from one position; facts are read now, inside the caller's transaction. Own booking left out. */
  async function refusalsFor(input: {
    position: PositionRow;
    shift: ShiftRow;
    personId: string;
    bookings: readonly Booking[];
    tenant: Tenant;
  }): Promise<(Finding & { rule: string })[]> {
    const { position, shift, personId, bookings, tenant } = input;
    const person = await people.row(personId);
    const [membership] = await memberships.ofPeople([personId]);
    const notToBeAsked = (await memberships.notToBeAsked([personId])).has(personId);
    const credentials = (await credentialsOf([personId])).get(personId) ?? [];
    const exclusions = (await excludedFrom([personId])).get(personId) ?? [];
    const trained = (await trainedOf([personId])).get(personId) ?? [];
    const facts = positionFacts(position, shift, tenant);
    const sources = { person, membership: membership ?? null, notToBeAsked, credentials, bookings };
    return refusals(
      facts,
      personFacts({ ...sources, exclusions, trained }, facts, tenant),
      settingsOf(tenant),
    );
  }

  return {
    refusalsFor,
    handleOf,

    /** Everybody the coordinator may find for the position, best first, with the funnel and the own tenant's excluded. */
    async candidates(actor: Actor, positionId: string): Promise<Ranking> {
      const { position, shift } = await shifts.accessPosition(actor, positionId, 'positions:candidates');
      const tenant = await tenants.current();
      const team = (await teamsOf([shift._id])).get(String(shift._id)) ?? NOBODY;
      const facts = positionFacts(position, shift, tenant, team);
      const settings = settingsOf(tenant);
      const judged = (await pool(shift, tenant)).map((sources) => ({
        id: String(sources.person._id),
        sources,
        fit: fit(facts, personFacts(sources, facts, tenant), settings),
      }));
      return {
        looked: judged.length,
        funnel: funnel(judged.map((one) => one.fit)),
        candidates: rank(judged.filter((one) => one.fit.eligible)).map(({ id, sources, fit: own }) => ({
          handle: handleOf(position._id, id),
          name: sources.membership ? sources.person.name : null,
          membershipId: sources.membership ? String(sources.membership._id) : null,
          fit: own,
        })),
        excluded: judged.flatMap(({ sources, fit: own }) =>
          own.eligible || !sources.membership
            ? []
            : [
                {
                  name: sources.person.name,
                  membershipId: String(sources.membership._id),
                  refusals: own.refusals.map(forOthers),
                },
              ],
        ),
      };
    },

    /**
     * Members of the tenant who fit the position, best first, at most `limit`: those who may be asked at once. Where a
     * certificate is needed only its holders are looked at.
     */
    async best(position: PositionRow, shift: ShiftRow, limit: number): Promise<string[]> {
      const tenant = await tenants.current();
      const facts = positionFacts(position, shift, tenant);
      const [needed] = facts.credentials;
      const among = needed
        ? await memberships.ofPeople(await holdersOfType(needed.type, MOST_MEMBERS))
        : await memberships.approvedPeople(MOST_ASKED);
      const members = new Map(
        among.filter(({ state }) => state === 'approved').map((own) => [String(own.personId), own]),
      );
      const known = await people.rows([...members.keys()]);
      const judged = (await sourcesOf(known, members, around(shift, RECENT_MS))).map((sources) => ({
        id: String(sources.person._id),
        fit: fit(facts, personFacts(sources, facts, tenant), settingsOf(tenant)),
      }));
      return rank(judged.filter((one) => one.fit.eligible))
        .slice(0, limit)
        .map(({ id }) => id);
    },

    /** The person behind each handle of the position; unknown handles are left out. */
    async peopleBehind(
      position: PositionRow,
      shift: ShiftRow,
      handles: readonly string[],
    ): Promise<Map<string, string>> {
      const wanted = new Set(handles);
      const tenant = await tenants.current();
      const found = (await pool(shift, tenant)).map(({ person }) => String(person._id));
      return new Map(
        found
          .map((personId) => [handleOf(position._id, personId), personId] as const)
          .filter(([handle]) => wanted.has(handle)),
      );
    },

    /** Open positions of the tenant as this person fits them: those that suit, best first, then those that do not, soonest first. */
    async suits(
      actor: AccountActor,
      open: readonly OpenShift[],
    ): Promise<{ suited: Suited[]; others: Suited[] }> {
      const tenant = await tenants.current();
      const settings = settingsOf(tenant);
      const first = open[0]?.startsAt ?? contextNow();
      const last = open.at(-1)?.endsAt ?? first;
      const [own, trained] = await Promise.all([
        ownSources(people, actor.personId, around({ startsAt: first, endsAt: last }, RECENT_MS)),
        trainedOf([actor.personId]),
      ]);
      const sources = { ...own, trained: trained.get(actor.personId) ?? [] };
      const all = open.flatMap((shift) =>
        shift.positions.map((position) => {
          const facts = positionFacts(position, shift, tenant, teamOf(shift.members));
          const how = fit(facts, personFacts(sources, facts, tenant), settings);
          return { id: String(position._id), position, shift, fit: how };
        }),
      );
      return {
        suited: rank(all.filter((one) => one.fit.eligible)),
        others: all.filter((one) => !one.fit.eligible),
      };
    },
  };
}

/** The shift with so many milliseconds to both sides. */
const around = (
  { startsAt, endsAt }: { readonly startsAt: Date; readonly endsAt: Date },
  ms: number,
): { startsAt: Date; endsAt: Date } => ({
  startsAt: new Date(startsAt.getTime() - ms),
  endsAt: new Date(endsAt.getTime() + ms),
});
