import { can } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { sideBySide } from '../../db/transaction.ts';
import { holdersOfType } from '../credentials/index.ts';
import { certifiedIn, poolsOf } from '../talent-pools/index.ts';
import { approvedToFit, membersToFit } from '../memberships/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { peopleToFit } from '../people/index.ts';
import type { Booking, PeopleService } from '../people/index.ts';
import type {
  OpenShift,
  PlannedShift,
  PlannedPosition,
  PositionRow,
  ShiftRow,
  ShiftService,
} from '../shifts/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import { smallestChanges } from './change.rules.ts';
import type { Change } from './change.rules.ts';
import { excludedFrom } from './exclusion.facts.ts';
import { createHandles } from './handles.ts';
import { inputsOf } from './inputs.rules.ts';
import { nextRankCursor, rankCursor } from './rank-cursor.ts';
import {
  mayBeAsked,
  NOBODY,
  personFacts,
  positionFacts,
  recordOf,
  RECENT_MS,
  skillsOn,
  recordOf as recordFrom,
  teamOf,
} from './matching.facts.ts';
import type { TrainedSource } from './matching.facts.ts';
import { fit, forOthers, funnel, rank, refusals } from './matching.rules.ts';
import type { Finding, Fit, PersonFacts, PositionFacts, ServiceRecord } from './matching.types.ts';
import { priceOf } from './prices.ts';
import type { PlannedPlace, PlanOfDay, Prices } from './prices.ts';
import { credentialsOf, ownSources, poolSources, sourcesOf } from './matching.sources.ts';
import type { KnownSources, SourceReaders } from './matching.sources.ts';
import type { SearchQuery } from './search/query.ts';
import type { SearchClient } from './search/search.client.ts';
import { PRIOR } from './soft.rules.ts';
import { settingsOf } from './weights.service.ts';

/** Most members that one ranking looks at. */
const MOST_MEMBERS = 20_000;
/**
 * Where memory searches the large organisations, the database is asked for no more people than the largest small one
 * has, and for these at least: while memory reads, nobody waits seconds for a page or for the process's memory.
 */
const LEAST_FROM_DATABASE = 2_000;
/** Members that are looked at where a place needs no certificate. */
const MOST_ASKED = 2_000;
/** Most candidates, and most of those who do not fit, that anybody is shown. */
const MOST_SHOWN = 100;
const MOST_EXCLUDED = 20;
const SPARE = 10;

export interface Candidate {
  /** What an offer names: stands for one person on one position and says nothing else. */
  readonly handle: string;
  /** Null for people from outside the tenant, until they accept. */
  readonly name: string | null;
  readonly membershipId: string | null;
  readonly fit: Fit;
  /** What they are ranked by: the score less the price. */
  readonly worth: number;
  readonly needed: Needed;
}

/** The plan whose prices a ranking counted; its id where whoever asks may read it. */
export interface CountedPlan {
  readonly id: string | null;
  readonly madeAt: Date;
  /** Whether the position is one of those it planned. */
  readonly covers: boolean;
}

/** What the plan that stands for the day wants of somebody. */
export interface Needed {
  /** Points that it gives up by losing them, 0 where it proposes them just here; the ranking takes these from the score. */
  readonly price: number;
  /** It proposes them for this position. */
  readonly here: boolean;
  /** Where else it has them; null where it has them nowhere, or nobody may know. */
  readonly elsewhere: PlannedPlace | null;
}

export interface Ranking {
  readonly candidates: readonly Candidate[];
  /** The plan whose prices were counted; null where none stands, its id where the asker may read it. */
  readonly plan: CountedPlan | null;
  /** Where the next page begins; null where there is none, or none that anybody should read. */
  readonly nextCursor: string | null;
  readonly funnel: readonly { readonly rule: string; readonly remaining: number }[];
  readonly looked: number;
  /** Null where everybody was looked at; else how many there are at most to look at, 0 where nobody knows. */
  readonly ofAtMost: number | null;
  /** How many fit in all; `candidates` are the best of them. */
  readonly eligible: number;
  readonly excluded: readonly {
    readonly name: string;
    readonly membershipId: string;
    readonly refusals: readonly Finding[];
  }[];
}

export interface Suited {
  readonly position: PlannedPosition;
  readonly shift: PlannedShift;
  readonly fit: Fit;
  /** What the person could change so that it fits; null where something stands against it that they cannot. */
  readonly changes: readonly Change[] | null;
}

/** What a plan wants of somebody, and which. */
interface Counted {
  readonly needed: Needed;
  readonly plan: CountedPlan | null;
}

/** One person on one position, with everything that their score is made of. */
export interface Pair {
  readonly position: PositionRow;
  readonly shift: ShiftRow;
  readonly fit: Fit;
  readonly changes: readonly Change[] | null;
  /** Which version of the tenant's weights. */
  readonly weightsVersion: number;
  /** The points that anybody could have at most. */
  readonly most: number;
  /** What each part is reckoned from, by rule. */
  readonly inputs: Readonly<Record<string, readonly Finding[]>>;
}

export interface MatchingParts extends SourceReaders {
  readonly people: PeopleService;
  readonly memberships: MembershipService;
  readonly shifts: ShiftService;
  readonly tenants: TenantService;
  /** Who of the two tracks has a place of these shifts of the current tenant. */
  readonly teamsOf: (shiftIds: readonly unknown[]) => Promise<Map<string, PositionFacts['team']>>;
  /** Who served a request of the current tenant how often. */
  readonly servedBy: (requestId: unknown) => Promise<[personId: string, times: number][]>;
  /** The search in memory, for tenants with at least so many people to look at; absent: always the database. */
  readonly search?: { readonly client: SearchClient; readonly fromPeople: number };
  /** The plan of the current tenant, or of one above, that stands for a position's local date; whom it needs ranks lower elsewhere. */
  readonly planOf?: (date: string, positionId: unknown) => Promise<PlanOfDay | null>;
  /** Key of the handles under which nameless candidates are offered. */
  readonly handleKey: Buffer;
}

type Question = Omit<SearchQuery, 'k' | 'others'>;

const NOT_NEEDED: Needed = { price: 0, here: false, elsewhere: null };

export type MatchingService = ReturnType<typeof createMatchingService>;

export function createMatchingService(parts: MatchingParts) {
  const { people, memberships, shifts, tenants, teamsOf, servedBy, placesOf, trainedOf, handleKey } = parts;
  const handles = createHandles(handleKey);
  const handleOf = (positionId: unknown, personId: unknown): string => handles.of(positionId, personId);

  interface Judged {
    readonly id: string;
    readonly sources: KnownSources;
    readonly fit: Fit;
  }
  type Found = Pick<Ranking, 'funnel' | 'looked' | 'ofAtMost' | 'eligible'> & {
    readonly judged: readonly Judged[];
  };

  const judge = (sources: Judged['sources'], facts: PositionFacts, tenant: Tenant): Judged => ({
    id: String(sources.person._id),
    sources,
    fit: fit(facts, personFacts(sources, facts, tenant), settingsOf(tenant)),
  });

  /**
   * Everybody judged, one by one, from the database. Of more people than it is asked for at once, those first who hold
   * what the position asks for and few hold.
   */
  async function fromDatabase(facts: PositionFacts, shift: ShiftRow, tenant: Tenant): Promise<Found> {
    const wanted = Math.max(parts.search?.fromPeople ?? MOST_MEMBERS, LEAST_FROM_DATABASE);
    const most = Math.min(wanted, MOST_MEMBERS);
    const window = around(shift, RECENT_MS);
    const pool = await poolSources(tenant, window, most, facts, parts);
    const known = pool.sources;
    if (!pool.complete) {
      const seen = new Set(known.map(({ person }) => String(person._id)));
      const members = (await rareMembers(facts, most)) ?? [];
      const ids = members.map(({ personId }) => String(personId)).filter((id) => !seen.has(id));
      if (ids.length > 0) known.push(...(await sourcesOf(ids, window, facts, parts, { members })));
    }
    const judged = known.map((sources) => judge(sources, facts, tenant));
    return {
      judged,
      looked: judged.length,
      ofAtMost: pool.complete ? null : 0,
      eligible: judged.filter((one) => one.fit.eligible).length,
      funnel: funnel(judged.map((one) => one.fit)),
    };
  }

  /** Whether there are more people to look at than the database is asked for quickly. */
  async function isLarge(tenant: Tenant, from: number): Promise<boolean> {
    if ((await memberships.countApproved(from)) >= from) return true;
    return (await people.countFindable(tenant.serviceCounties, from)) >= from;
  }

  /** A position as a coordinator asks about it: its facts, and what memory has to be told of it. */
  async function askedOf(actor: Actor, positionId: string) {
    const { position, shift } = await shifts.accessPosition(actor, positionId, 'positions:candidates');
    const tenant = await tenants.current();
    const { startDate } = positionFacts(position, shift, tenant);
    const [teams, served, plan] = await sideBySide([
      () => teamsOf([shift._id]),
      () => servedBy(shift.requestId),
      async () => (await parts.planOf?.(startDate, position._id)) ?? null,
    ]);
    const facts = positionFacts(position, shift, tenant, teams.get(String(shift._id)));
    const question: Question = {
      facts,
      settings: settingsOf(tenant),
      tenant: { id: tenant.id, zone: tenant.zone, serviceCounties: tenant.serviceCounties },
      served,
      prices: plan?.prices ?? null,
    };
    return { position, shift, tenant, facts, question, plan };
  }

  /** What the plan wants of these people, in their order, as far as whoever asks may know. */
  async function neededOf(
    actor: Actor,
    plan: PlanOfDay | null,
    personIds: readonly string[],
  ): Promise<{ needed: Needed[]; plan: CountedPlan | null }> {
    if (!plan) return { needed: personIds.map(() => NOT_NEEDED), plan: null };
    const own = plan.tenantId === (await tenants.current()).id;
    const seesPlan = own && can(actor, 'plans:see', plan.unitId);
    const { prices, covers } = plan;
    const here = new Set(prices.except);
    const elsewhere = await plan.places(personIds, seesPlan);
    return {
      needed: personIds.map((id) => ({
        price: priceOf(prices, id),
        here: here.has(id),
        elsewhere: elsewhere.get(id) ?? null,
      })),
      plan: { id: seesPlan ? plan.planId : null, madeAt: plan.madeAt, covers },
    };
  }

  /** The best found in memory and judged again from the database; null where memory has no answer. */
  async function fromMemory(
    question: Question,
    shift: ShiftRow,
    tenant: Tenant,
    limit: number,
  ): Promise<Found | null> {
    const { search } = parts;
    if (!search) return null;
    // Whom memory has answered for once it need not be counted again for.
    if (!search.client.knows(tenant.id) && !(await isLarge(tenant, search.fromPeople))) return null;
    const answer = await search.client.ask({
      ...question,
      // Some more than are shown: whoever no longer fits leaves no gap.
      k: limit + SPARE,
      others: MOST_EXCLUDED,
    });
    if (!answer) return null;
    const ids = [...answer.best.map(({ personId }) => personId), ...answer.others];
    const sources = await sourcesOf(ids, around(shift, RECENT_MS), question.facts, parts);
    return {
      judged: sources.map((one) => judge(one, question.facts, tenant)),
      looked: answer.looked,
      ofAtMost: answer.reading ? Math.max(answer.reading.most, answer.looked) : null,
      eligible: answer.eligible,
      funnel: answer.funnel,
    };
  }

  /** Members who hold the certificate, or else are in one of the pools, that the position asks for; null where it asks for neither. */
  async function rareMembers({ credentials, pools }: PositionFacts, most: number) {
    const [needed] = credentials;
    if (needed) return membersToFit(await holdersOfType(needed.type, most));
    if (pools.length === 0) return null;
    const ids = pools.map(({ id }) => id);
    return membersToFit(await certifiedIn(ids, most));
  }

  /** Members among the best that memory finds; null where it has no answer, or not enough of them, or the tenant is small. */
  async function membersFromMemory(
    facts: PositionFacts,
    tenant: Tenant,
    limit: number,
    prices: Prices | null,
  ) {
    const { search } = parts;
    if (!search || !(await isLarge(tenant, search.fromPeople))) return null;
    const answer = await search.client.ask({
      facts,
      settings: settingsOf(tenant),
      tenant: { id: tenant.id, zone: tenant.zone, serviceCounties: tenant.serviceCounties },
      served: await servedBy(facts.requestId),
      prices,
      // Neighbours are among the best as well; the thread is asked once.
      k: 5 * limit + SPARE,
      others: 0,
    });
    if (!answer) return null;
    const members = await membersToFit(answer.best.map(({ personId }) => personId));
    // Neighbours by the thousand crowd out the members of a small organisation: then its members are looked at themselves.
    return members.length < limit && answer.eligible > answer.best.length ? null : members;
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
    const pools = (await poolsOf([personId])).get(personId) ?? [];
    const facts = positionFacts(position, shift, tenant);
    const sources = { person, membership: membership ?? null, notToBeAsked, credentials, bookings };
    return refusals(
      facts,
      personFacts({ ...sources, exclusions, trained, pools }, facts, tenant),
      settingsOf(tenant),
    );
  }

  return {
    refusalsFor,
    handleOf,

    /** Has the current tenant's people read into memory before anybody asks, where there are too many to read them each time. */
    async prepare(): Promise<void> {
      const { search } = parts;
      const tenant = await tenants.current();
      if (search && (await isLarge(tenant, search.fromPeople))) search.client.prepare(tenant);
    },

    /** The question that `candidates` asks the search in memory. */
    async queryFor(actor: Actor, positionId: string): Promise<Question> {
      return (await askedOf(actor, positionId)).question;
    },

    /**
     * Whom the coordinator may find for the position, best first and by pages, with the funnel and the nearest of the own
     * excluded. @throws Malformed for a cursor that is none of this position
     */
    async candidates(
      actor: Actor,
      positionId: string,
      limit = MOST_SHOWN,
      cursor?: string,
    ): Promise<Ranking> {
      const { position, shift, tenant, facts, question, plan } = await askedOf(actor, positionId);
      const after = rankCursor(cursor, (handle) => handles.personBehind(position._id, handle));
      const found = await fromMemory(question, shift, tenant, after.seen + limit);
      const { judged, ...counts } = found ?? (await fromDatabase(facts, shift, tenant));
      const handleAt = handles.at(position._id);
      const price = (id: string): number => priceOf(plan?.prices, id);
      const left = rank(
        judged.filter((one) => one.fit.eligible),
        price,
      )
        .map((one) => ({ ...one, worth: one.fit.score - price(one.id) }))
        .filter(after.isBeyond);
      const shown = left.slice(0, limit);
      const { needed, plan: counted } = await neededOf(
        actor,
        plan,
        shown.map(({ id }) => id),
      );
      const candidates = shown.map(({ id, sources, fit: own, worth }, at) => ({
        handle: handleAt(id),
        name: sources.membership ? sources.person.name : null,
        membershipId: sources.membership ? String(sources.membership._id) : null,
        fit: own,
        worth,
        needed: needed[at] ?? NOT_NEEDED,
      }));
      return {
        ...counts,
        candidates,
        plan: counted,
        // Memory hands over a few more than are shown: where these do not fit any more, there may be others behind them.
        nextCursor: nextRankCursor(
          candidates,
          Math.max(left.length, counts.eligible - after.seen),
          after.seen,
        ),
        excluded: judged
          .flatMap(({ sources, fit: own }) =>
            own.eligible || !sources.membership
              ? []
              : [
                  {
                    name: sources.person.name,
                    membershipId: String(sources.membership._id),
                    refusals: own.refusals.map(forOthers),
                  },
                ],
          )
          .sort((a, b) => a.refusals.length - b.refusals.length)
          .slice(0, MOST_EXCLUDED),
      };
    },

    /**
     * Members of the tenant who fit the position, best first, at most `limit`: those who may be asked at once, whom a
     * standing plan needs elsewhere after others. Where a certificate or a pool is needed its holders or members are looked at, else everybody whom memory knows.
     */
    async best(position: PositionRow, shift: ShiftRow, limit: number): Promise<string[]> {
      const tenant = await tenants.current();
      const facts = positionFacts(position, shift, tenant);
      const prices = (await parts.planOf?.(facts.startDate, position._id))?.prices ?? null;
      const rare = await rareMembers(facts, MOST_MEMBERS);
      const members = (
        rare ??
        (await membersFromMemory(facts, tenant, limit, prices)) ??
        (await approvedToFit(MOST_ASKED))
      ).filter(({ state }) => state === 'approved');
      const ids = members.map(({ personId }) => String(personId));
      const known = await sourcesOf(ids, around(shift, RECENT_MS), facts, parts, { members });
      const judged = known.map((sources) => ({
        id: String(sources.person._id),
        fit: fit(facts, personFacts(sources, facts, tenant), settingsOf(tenant)),
      }));
      return rank(
        judged.filter((one) => one.fit.eligible),
        (id) => priceOf(prices, id),
      )
        .slice(0, limit)
        .map(({ id }) => id);
    },

    /** How the position fits the person who asks, by the same list as everywhere. @throws NotFound for drafts */
    async own(actor: AccountActor, positionId: string): Promise<Pair & { record: ServiceRecord }> {
      const { position, shift } = await shifts.accessPosition(actor, positionId, 'opportunities:see');
      const tenant = await tenants.current();
      const team = (await teamsOf([shift._id])).get(String(shift._id)) ?? NOBODY;
      const facts = positionFacts(position, shift, tenant, team);
      const own = await ownSources(people, actor.personId, around(shift, RECENT_MS));
      const trained = asksForTraining(position) ? await trainedOf([actor.personId]) : new Map();
      const person = personFacts({ ...own, trained: trained.get(actor.personId) ?? [] }, facts, tenant);
      return { ...pairOf({ position, shift }, facts, person, tenant), record: person.record };
    },

    /** What the person's reliability here is reckoned from, for the person. */
    async recordOf(actor: AccountActor): Promise<{
      kept: number;
      missed: number;
      lastOn: string | null;
      of: number;
      from: number;
    }> {
      const places = (await placesOf([actor.personId])).get(actor.personId) ?? [];
      const { kept, missed, lastOn } = recordFrom(places, (await tenants.current()).zone);
      return { kept, missed, lastOn, of: kept + PRIOR.kept, from: kept + missed + PRIOR.places };
    },

    /** How a candidate fits: the one of the handle, else the best; null when there is nobody. */
    async candidate(
      actor: Actor,
      positionId: string,
      handle: string | null,
    ): Promise<
      {
        handle: string | null;
        pair: Pair | null;
        name: string | null;
        membershipId?: string | null;
      } & Partial<Counted>
    > {
      const place = await shifts.accessPosition(actor, positionId, 'positions:candidates');
      const wanted = handle ?? (await this.candidates(actor, positionId, 1)).candidates[0]?.handle;
      if (wanted === undefined) return { handle: null, pair: null, name: null };
      const personId = (await this.peopleBehind(place.position, place.shift, [wanted])).get(wanted);
      if (!personId) throw new NotFound();
      const tenant = await tenants.current();
      const team = (await teamsOf([place.shift._id])).get(String(place.shift._id)) ?? NOBODY;
      const facts = positionFacts(place.position, place.shift, tenant, team);
      const [sources] = await sourcesOf([personId], around(place.shift, RECENT_MS), facts, parts);
      if (!sources) throw new NotFound();
      const standing = (await parts.planOf?.(facts.startDate, positionId)) ?? null;
      const { needed, plan } = await neededOf(actor, standing, [personId]);
      const pair = pairOf(place, facts, personFacts(sources, facts, tenant), tenant);
      return {
        handle: wanted,
        name: sources.membership ? sources.person.name : null,
        membershipId: sources.membership ? String(sources.membership._id) : null,
        ...(needed[0] ? { needed: needed[0], plan } : {}),
        pair: { ...pair, changes: null, fit: { ...pair.fit, refusals: pair.fit.refusals.map(masked) } },
      };
    },

    /** The person behind each handle of the position, as far as they may be found; unknown handles are left out. */
    async peopleBehind(
      position: PositionRow,
      _shift: ShiftRow,
      wanted: readonly string[],
    ): Promise<Map<string, string>> {
      const named = wanted.flatMap((handle) => {
        const personId = handles.personBehind(position._id, handle);
        return personId ? [[handle, personId] as const] : [];
      });
      const ids = named.map(([, personId]) => personId);
      const tenant = await tenants.current();
      const [known, members, refused] = await sideBySide([
        () => peopleToFit(ids),
        () => membersToFit(ids),
        () => memberships.notToBeAsked(ids),
      ]);
      const findable = new Set(
        known
          .filter((person) => {
            const id = String(person._id);
            const own = members.find(
              ({ personId, state }) => String(personId) === id && state === 'approved',
            );
            return own !== undefined || (!refused.has(id) && mayBeAsked(person, tenant));
          })
          .map(({ _id }) => String(_id)),
      );
      return new Map(named.filter(([, personId]) => findable.has(personId)));
    },

    /** Open positions of the tenant as this person fits them: those that suit, best first, then those that do not, soonest first. */
    async suits(
      actor: Pick<AccountActor, 'personId'>,
      open: readonly OpenShift[],
    ): Promise<{ suited: Suited[]; others: Suited[] }> {
      const tenant = await tenants.current();
      const settings = settingsOf(tenant);
      const first = open[0]?.startsAt ?? contextNow();
      const last = open.at(-1)?.endsAt ?? first;
      const [own, trained] = await sideBySide([
        () => ownSources(people, actor.personId, around({ startsAt: first, endsAt: last }, RECENT_MS)),
        // One read less for nearly everybody: few positions ask for a course.
        () =>
          open.some(({ positions }) => positions.some(asksForTraining))
            ? trainedOf([actor.personId])
            : new Map<string, TrainedSource[]>(),
      ]);
      const sources = {
        ...own,
        trained: trained.get(actor.personId) ?? [],
        record: recordOf(own.places ?? [], tenant.zone),
        // Only certificates that give skills make them differ from day to day.
        ...(own.credentials.every(({ gives }) => gives.length === 0)
          ? { skills: skillsOn(own.person, own.membership, [], null) }
          : {}),
      };
      const all = open.flatMap((shift) =>
        shift.positions.map((position) => {
          const facts = positionFacts(position, shift, tenant, teamOf(shift.members));
          const how = fit(facts, personFacts(sources, facts, tenant), settings);
          return {
            id: String(position._id),
            position,
            shift,
            fit: how,
            changes: smallestChanges(facts, how),
          };
        }),
      );
      return {
        suited: rank(all.filter((one) => one.fit.eligible)),
        // What one change would open comes first, then what needs more, last what nobody can help.
        others: all.filter((one) => !one.fit.eligible).sort((a, b) => distanceToFit(a) - distanceToFit(b)),
      };
    },
  };
}

function pairOf(
  place: { position: PositionRow; shift: ShiftRow },
  facts: PositionFacts,
  person: PersonFacts,
  tenant: Tenant,
): Pair {
  const settings = settingsOf(tenant);
  const how = fit(facts, person, settings);
  return {
    ...place,
    fit: how,
    changes: smallestChanges(facts, how),
    weightsVersion: settings.version,
    most: how.parts.reduce((sum, part) => sum + part.most, 0),
    inputs: Object.fromEntries(how.parts.map(({ rule }) => [rule, inputsOf(rule, facts, person, settings)])),
  };
}

/** A refusal as others read it: what is nobody's business does not even name its rule. */
function masked(refusal: Fit['refusals'][number]): Fit['refusals'][number] {
  const told = forOthers(refusal);
  return { ...told, rule: told.code === refusal.code ? refusal.rule : 'availability' };
}

/** How many changes away a position is. */
const distanceToFit = ({ changes, fit: { refusals: found } }: Suited): number =>
  changes === null ? 1_000 + found.length : changes.length;

const asksForTraining = (position: PlannedPosition): boolean => (position.trainings ?? []).length > 0;

/** The shift with so many milliseconds to both sides. */
const around = (
  { startsAt, endsAt }: { readonly startsAt: Date; readonly endsAt: Date },
  ms: number,
): { startsAt: Date; endsAt: Date } => ({
  startsAt: new Date(startsAt.getTime() - ms),
  endsAt: new Date(endsAt.getTime() + ms),
});
