import { createHmac } from 'node:crypto';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import type { MembershipService } from '../memberships/index.ts';
import { bookingsOf } from '../people/index.ts';
import type { Booking, PeopleService } from '../people/index.ts';
import type { OpenShift, PlannedShift, PositionRow, ShiftRow, ShiftService } from '../shifts/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import { credentialsOf, ownSources, personFacts, positionFacts } from './matching.facts.ts';
import { fit, funnel, rank, refusals } from './matching.rules.ts';
import type { Finding, Fit, FitSettings } from './matching.types.ts';

/** Most members that one ranking looks at. */
const MOST_MEMBERS = 20_000;
const DAY_MS = 86_400_000;

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
  /** Key of the handles under which nameless candidates are offered. */
  readonly handleKey: Buffer;
}

export type MatchingService = ReturnType<typeof createMatchingService>;

export function createMatchingService({ people, memberships, shifts, tenants, handleKey }: MatchingParts) {
  const settingsOf = (tenant: Tenant): FitSettings => ({
    now: contextNow(),
    minAge: tenant.settings.minAge,
    dailyCapMinutes: tenant.settings.dailyCapMinutes,
  });
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
    const ids = everybody.map((person) => String(person._id));
    const [credentials, bookings] = await Promise.all([credentialsOf(ids), bookingsOf(ids, shift)]);
    return everybody.map((person) => ({
      person,
      membership: byPerson.get(String(person._id)) ?? null,
      notToBeAsked: false,
      credentials: credentials.get(String(person._id)) ?? [],
      bookings: bookings.get(String(person._id)) ?? [],
    }));
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
    const facts = positionFacts(position, shift, tenant.zone);
    return refusals(
      facts,
      personFacts(
        { person, membership: membership ?? null, notToBeAsked, credentials, bookings },
        facts,
        tenant,
      ),
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
      const facts = positionFacts(position, shift, tenant.zone);
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
          fit: sources.membership ? own : banded(own),
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
      const sources = await ownSources(people, actor.personId, {
        startsAt: new Date(first.getTime() - 14 * DAY_MS),
        endsAt: new Date(last.getTime() + 14 * DAY_MS),
      });
      const all = open.flatMap((shift) =>
        shift.positions.map((position) => {
          const facts = positionFacts(position, shift, tenant.zone);
          const own = fit(facts, personFacts(sources, facts, tenant), settings);
          return { id: String(position._id), position, shift, fit: own };
        }),
      );
      return {
        suited: rank(all.filter((one) => one.fit.eligible)),
        others: all.filter((one) => !one.fit.eligible),
      };
    },
  };
}

/** Of people from elsewhere only a band of distance is shown, not a point that could be a front door. */
function banded(own: Fit): Fit {
  const band =
    own.distanceMetres === null
      ? null
      : ([1_000, 3_000, 5_000, 10_000, 20_000].find((limit) => (own.distanceMetres ?? 0) <= limit) ?? 50_000);
  return {
    ...own,
    distanceMetres: band,
    parts: own.parts.map((part) =>
      part.finding?.code === 'distance' && band !== null
        ? { ...part, finding: { code: 'distance-within', params: { metres: band } } }
        : part,
    ),
  };
}

/** What happens in other tenants is nobody's business here: a clash reads "not available" to others. */
const forOthers = (finding: Finding): Finding =>
  ['overlapping-shift', 'too-much-that-day'].includes(finding.code) ? { code: 'not-available' } : finding;
