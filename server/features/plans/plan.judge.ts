import { isFindable } from '../people/index.ts';
import type { Booking } from '../people/index.ts';
import { fit, inputsOf, personFacts, PoolColumns, settingsOf } from '../matching/index.ts';
import type { Finding, Fit, FitSettings, PersonSources } from '../matching/index.ts';
import type { Tenant } from '../tenants/index.ts';
import type { Member, OpenPosition, Somebody } from './plan.ground.ts';
import type { PlanPart } from './plan.types.ts';

/** How a pair fits, with what each part of the score is reckoned from, by rule. */
export interface Reckoned {
  readonly fit: Fit;
  readonly inputs: Readonly<Record<string, readonly Finding[]>>;
}

/** The place of the organisation that plans among those of the plan. */
const PLANNER = 0;

/** Asks the one list of rules about pairs of a plan. */
export class Judge {
  private readonly members: readonly Member[];
  private readonly settings: readonly FitSettings[];
  private readonly kept: readonly ReadonlySet<string>[];
  private readonly now: Date;

  constructor(members: readonly Member[], kept: readonly ReadonlySet<string>[], now: Date) {
    this.members = members;
    this.kept = kept;
    this.now = now;
    this.settings = members.map(({ tenant }) => settingsOf(tenant, now));
  }

  /** @param beside what else the person is to do, as if it were booked */
  fit({ facts, tenant }: OpenPosition, one: Somebody, beside: readonly Booking[] = []): Fit {
    const own = (this.members[tenant] as Member).tenant;
    const sources = this.sourcesOf(one, tenant);
    const more = beside.length > 0 ? { ...sources, bookings: [...sources.bookings, ...beside] } : sources;
    return fit(facts, personFacts(more, facts, own), this.settingsOf(tenant));
  }

  /** Whether the tenant of a position may ask somebody at all. */
  mayBeAsked({ tenant }: OpenPosition, one: Somebody): boolean {
    return this.mayAsk(one, (this.members[tenant] as Member).tenant, tenant);
  }

  /** The same, so that a reader can reckon it again. */
  reckon(open: OpenPosition, one: Somebody): Reckoned {
    const { facts, tenant } = open;
    const own = (this.members[tenant] as Member).tenant;
    const person = personFacts(this.sourcesOf(one, tenant), facts, own);
    const how = this.fit(open, one);
    const from = (rule: string): readonly Finding[] => inputsOf(rule, facts, person, this.settingsOf(tenant));
    return { fit: how, inputs: Object.fromEntries(how.parts.map(({ rule }) => [rule, from(rule)])) };
  }

  /** How a tenant weighs, by its place among those of the plan. */
  settingsOf(tenant: number): FitSettings {
    return this.settings[tenant] as FitSettings;
  }

  /** Those of these people whom a tenant may ask at all, as columns; the place in the list is their number. */
  poolOf(at: number, people: readonly Somebody[]): PoolColumns {
    const { tenant } = this.members[at] as Member;
    const seen: { number: number; sources: PersonSources }[] = [];
    people.forEach((one, number) => {
      if (this.mayAsk(one, tenant, at)) seen.push({ number, sources: this.sourcesOf(one, at) });
    });
    return new PoolColumns(tenant, seen);
  }

  private mayAsk({ id, row, memberOf }: Somebody, tenant: Tenant, at: number): boolean {
    if (memberOf.has(at)) return true;
    return isFindable(row, tenant.serviceCounties, this.now) && this.kept[at]?.has(id) !== true;
  }

  /** Of whoever is no member of the planning organisation only a band of distance counts: its points are shown to it. */
  private isElsewhere({ memberOf }: Somebody): boolean {
    return !memberOf.has(PLANNER);
  }

  private sourcesOf(one: Somebody, tenant: number): PersonSources {
    return {
      person: one.row,
      membership: one.memberOf.get(tenant) ?? null,
      notToBeAsked: this.kept[tenant]?.has(one.id) ?? false,
      elsewhere: this.isElsewhere(one),
      credentials: one.credentials.get(tenant) ?? [],
      bookings: one.bookings,
      places: one.places.get(tenant) ?? [],
      exclusions: one.exclusions.get(tenant) ?? [],
      trained: one.trained.get(tenant) ?? [],
      pools: one.pools.get(tenant) ?? [],
    };
  }
}

/** Whether somebody's registration as a social worker is in force on the day, as the posting tenant verified it. */
export const isCertified = (one: Somebody, { tenant, facts }: OpenPosition): boolean =>
  (one.credentials.get(tenant) ?? []).some(
    ({ type, validFrom, validTo }) =>
      type === 'social-worker' &&
      validFrom <= facts.startDate &&
      (validTo === null || facts.endDate <= validTo),
  );

/** The parts of a score as they are stored with the plan. */
export const partsOf = (own: Fit): PlanPart[] =>
  own.parts.map(({ rule, points, most, finding }) => ({
    rule,
    points,
    most,
    code: finding?.code ?? null,
    params: finding?.params ? { ...finding.params } : null,
  }));
