import type { MembershipService } from '../../server/features/memberships/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Places are freed of members whose membership stopped before that freed them. */
export const releaseStopped = (memberships: MembershipService): Sweep =>
  defineSweep({
    name: 'memberships/release',
    everyMs: 60_000,
    leaseMs: 120_000,
    batch: 50,
    due: (query) => memberships.dueToRelease(query),
    run: ({ id }) => memberships.release(id),
  });
