import type { PoolTimeService } from '../../server/features/talent-pools/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Certifications become expiring before their end, and lapse after it; places that rest on them are re-offered. */
export const expirePoolMembers = (time: PoolTimeService): Sweep =>
  defineSweep({
    name: 'talent-pools/expire',
    everyMs: 600_000,
    leaseMs: 60_000,
    batch: 500,
    due: (query) => time.due(query),
    run: ({ id }) => time.expire(id),
  });
