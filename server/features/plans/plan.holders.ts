import type { PositionFacts } from '../matching/index.ts';
import type { Somebody } from './plan.ground.ts';

/** Places of people, ascending, by what they hold. */
type Held = ReadonlyMap<string, readonly number[]>;

/** Who holds what few hold and a position may ask for: talent pools, courses passed, certificates; each tenant by itself. */
export class Holders {
  private readonly people: readonly Somebody[];
  private readonly byTenant = new Map<number, Held>();

  constructor(people: readonly Somebody[]) {
    this.people = people;
  }

  /**
   * Those among whom everybody is whom the rules could take, by what fewest hold of all that is asked for; null where the
   * position asks for nothing of the kind. Whether it is in force on the day the rules judge.
   */
  of(tenant: number, { pools, trainings, credentials }: PositionFacts): readonly number[] | null {
    const asked = [
      // Any of the pools will do, but every course and every certificate is needed.
      ...(pools.length > 0 ? [pools.map(({ id }) => `pool:${id}`)] : []),
      ...trainings.map((id) => [`course:${id}`]),
      ...credentials.map(({ type }) => [`credential:${type}`]),
    ];
    if (asked.length === 0) return null;
    const held = this.held(tenant);
    const sets = asked.map((keys) => [...new Set(keys.flatMap((key) => held.get(key) ?? []))]);
    return sets.reduce((fewest, one) => (one.length < fewest.length ? one : fewest)).sort((a, b) => a - b);
  }

  private held(tenant: number): Held {
    const known = this.byTenant.get(tenant);
    if (known) return known;
    const made = new Map<string, number[]>();
    for (const [v, { pools, trained, credentials }] of this.people.entries()) {
      const keys = new Set([
        ...(pools.get(tenant) ?? []).map(({ poolId }) => `pool:${poolId}`),
        ...(trained.get(tenant) ?? []).map(({ courseId }) => `course:${courseId}`),
        ...(credentials.get(tenant) ?? []).map(({ type }) => `credential:${type}`),
      ]);
      for (const key of keys) {
        const list = made.get(key);
        if (list) list.push(v);
        else made.set(key, [v]);
      }
    }
    this.byTenant.set(tenant, made);
    return made;
  }
}
