import type { PoolTimeService } from '../../server/features/talent-pools/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Looks once a day for people who pass the rules of a pool, and proposes them. */
export const proposePoolMembers = (time: PoolTimeService): Sweep =>
  defineSweep({
    name: 'talent-pools/propose',
    everyMs: 600_000,
    leaseMs: 600_000,
    batch: 20,
    due: (query) => time.duePools(query),
    run: ({ id }) => time.propose(id),
  });
