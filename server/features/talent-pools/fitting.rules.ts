import type { Beside } from '../../db/builders.ts';

/** A pool that somebody is certified in, as fitting needs to know it. */
export interface PoolFact {
  readonly poolId: string;
  /** Last day, inclusive; null when it has no end. */
  readonly validTo: string | null;
}

/** States of whoever may be asked as a member of a pool. */
export const CERTIFIED = ['certified', 'expiring'];

/** Pools that a person is certified in, in the current tenant, to be read beside the person. */
export const GOOD_POOLS: Beside = {
  from: 'poolmembers',
  foreignField: 'personId',
  as: 'pools',
  match: { state: { $in: CERTIFIED } },
  fields: { poolId: 1, validTo: 1 },
};
