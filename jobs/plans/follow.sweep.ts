import type { PlanService } from '../../server/features/plans/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Proposals follow what changes: a new request, a drop-out, a new volunteer. Each is looked at about once a minute. */
export const followPlans = (plans: PlanService): Sweep =>
  defineSweep({
    name: 'plans/follow',
    everyMs: 15_000,
    leaseMs: 240_000,
    batch: 5,
    due: (query) => plans.dueToFollow(query),
    run: ({ id }) => plans.follow(id),
  });
