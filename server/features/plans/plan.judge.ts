import { hasConsent } from '../people/index.ts';
import { fit, personFacts, settingsOf } from '../matching/index.ts';
import type { FitSettings, PersonFacts } from '../matching/index.ts';
import type { Fit } from '../matching/index.ts';
import type { Tenant } from '../tenants/index.ts';
import type { Member, OpenPosition, Somebody } from './plan.ground.ts';
import type { PlanPart } from './plan.types.ts';

/** Asks the one list of rules about pairs of a plan. */
export class Judge {
  private readonly members: readonly Member[];
  private readonly settings: readonly FitSettings[];
  private readonly kept: readonly ReadonlySet<string>[];
  /** Facts of people who are booked nowhere, hold nothing and are kept from nothing are the same for every position of a tenant. */
  private readonly facts = new Map<Somebody, Map<number, PersonFacts>>();

  constructor(members: readonly Member[], kept: readonly ReadonlySet<string>[], now: Date) {
    this.members = members;
    this.kept = kept;
    this.settings = members.map(({ tenant }) => settingsOf(tenant, now));
  }

  fit(open: OpenPosition, one: Somebody): Fit {
    return fit(open.facts, this.factsOf(open, one), this.settings[open.tenant] as FitSettings);
  }

  /** For each tenant, metres beyond which nobody fits who names no radius; Infinity where the rule is off. */
  within(): number[] {
    return this.settings.map(({ off, reachMetres }) =>
      off.includes('service-area') ? Infinity : reachMetres,
    );
  }

  /** For each tenant, 1 for each of these people whom it may ask at all. */
  visible(people: readonly Somebody[]): Uint8Array[] {
    return this.members.map(({ tenant }, at) =>
      Uint8Array.from(people, (one) => this.mayAsk(one, tenant, at)),
    );
  }

  private mayAsk({ id, row, memberOf }: Somebody, tenant: Tenant, at: number): 0 | 1 {
    if (memberOf.has(at)) return 1;
    const near = row.county !== null && tenant.serviceCounties.includes(row.county);
    return near && hasConsent(row, 'asked-by-others') && this.kept[at]?.has(id) !== true ? 1 : 0;
  }

  private factsOf(open: OpenPosition, one: Somebody): PersonFacts {
    const plain =
      one.bookings.length === 0 &&
      !one.credentials.has(open.tenant) &&
      !one.exclusions.has(open.tenant) &&
      !one.trained.has(open.tenant) &&
      !one.pools.has(open.tenant);
    const known = plain ? this.facts.get(one)?.get(open.tenant) : undefined;
    if (known) return known;
    const made = personFacts(
      {
        person: one.row,
        membership: one.memberOf.get(open.tenant) ?? null,
        notToBeAsked: this.kept[open.tenant]?.has(one.id) ?? false,
        credentials: one.credentials.get(open.tenant) ?? [],
        bookings: one.bookings,
        places: one.places.get(open.tenant) ?? [],
        exclusions: one.exclusions.get(open.tenant) ?? [],
        trained: one.trained.get(open.tenant) ?? [],
        pools: one.pools.get(open.tenant) ?? [],
      },
      open.facts,
      (this.members[open.tenant] as Member).tenant,
    );
    if (plain) {
      const own = this.facts.get(one) ?? new Map<number, PersonFacts>();
      this.facts.set(one, own.set(open.tenant, made));
    }
    return made;
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
