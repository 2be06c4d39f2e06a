import { can } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { sideBySide } from '../../db/transaction.ts';
import { poolsOf } from '../talent-pools/index.ts';
import { approvedToFit, membersToFit } from '../memberships/index.ts';
import { peopleToFit } from '../people/index.ts';
import type { Booking } from '../people/index.ts';
import type { OpenShift, PlannedPosition, PositionRow, ShiftRow } from '../shifts/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { smallestChanges } from './change.rules.ts';
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
import { fit, forOthers, rank, refusals } from './matching.rules.ts';
import type { Finding, Fit, PersonFacts, PositionFacts, ServiceRecord } from './matching.types.ts';
import { priceOf } from './prices.ts';
import type { PlanOfDay } from './prices.ts';
import { credentialsOf, ownSources, sourcesOf } from './matching.sources.ts';
import { PRIOR } from './soft.rules.ts';
import { settingsOf } from './weights.service.ts';
import { around, createPool, MOST_EXCLUDED, MOST_MEMBERS } from './candidate.pool.ts';
import type {
  CountedPlan,
  Needed,
  Ranking,
  Suited,
  Counted,
  Pair,
  MatchingParts,
  Question,
} from './matching.answers.ts';

/** Members that are looked at where a place needs no certificate. */
const MOST_ASKED = 2_000;
/** Most candidates that anybody is shown. */
const MOST_SHOWN = 100;

const NOT_NEEDED: Needed = { price: 0, here: false, elsewhere: null };

export type MatchingService = ReturnType<typeof createMatchingService>;

export function createMatchingService(parts: MatchingParts) {
  const { people, memberships, shifts, tenants, teamsOf, servedBy, placesOf, trainedOf, handleKey } = parts;
  const pool = createPool(parts);
  const handles = createHandles(handleKey);
  const handleOf = (positionId: unknown, personId: unknown): string => handles.of(positionId, personId);

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
      if (search && (await pool.isLarge(tenant, search.fromPeople))) search.client.prepare(tenant);
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
      const found = await pool.fromMemory(question, shift, tenant, after.seen + limit);
      const { judged, ...counts } = found ?? (await pool.fromDatabase(facts, shift, tenant));
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
      const rare = await pool.rareMembers(facts, MOST_MEMBERS);
      const members = (
        rare ??
        (await pool.membersFromMemory(facts, tenant, limit, prices)) ??
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
