import { holdersOfType } from '../credentials/index.ts';
import { certifiedIn } from '../talent-pools/index.ts';
import { membersToFit } from '../memberships/index.ts';
import type { ShiftRow } from '../shifts/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { personFacts, RECENT_MS } from './matching.facts.ts';
import { fit, funnel } from './matching.rules.ts';
import type { Fit, PositionFacts } from './matching.types.ts';
import type { Prices } from './prices.ts';
import { poolSources, sourcesOf } from './matching.sources.ts';
import type { KnownSources } from './matching.sources.ts';
import { settingsOf } from './weights.service.ts';
import type { Ranking, MatchingParts, Question } from './matching.answers.ts';

/** Most members that one ranking looks at. */
export const MOST_MEMBERS = 20_000;
/**
 * Where memory searches the large organisations, the database is asked for no more people than the largest small one
 * has, and for these at least: while memory reads, nobody waits seconds for a page or for the process's memory.
 */
const LEAST_FROM_DATABASE = 2_000;
/** Most of those who do not fit that memory is asked for, and that anybody is shown. */
export const MOST_EXCLUDED = 20;
const SPARE = 10;

/** Somebody as a position sees them. */
export interface Judged {
  readonly id: string;
  readonly sources: KnownSources;
  readonly fit: Fit;
}
/** Whom a ranking found, with how many it looked at. */
export type Found = Pick<Ranking, 'funnel' | 'looked' | 'ofAtMost' | 'eligible'> & {
  readonly judged: readonly Judged[];
};

/** Who is looked at for a position: from the database where an organisation is small, by the search in memory where it is large. */
export function createPool(parts: MatchingParts) {
  const { people, memberships, servedBy } = parts;

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

  return { fromDatabase, fromMemory, isLarge, rareMembers, membersFromMemory };
}

/** The shift with so many milliseconds to both sides. */
export const around = (
  { startsAt, endsAt }: { readonly startsAt: Date; readonly endsAt: Date },
  ms: number,
): { startsAt: Date; endsAt: Date } => ({
  startsAt: new Date(startsAt.getTime() - ms),
  endsAt: new Date(endsAt.getTime() + ms),
});
