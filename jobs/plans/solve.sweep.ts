import type { PlanService } from '../../server/features/plans/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Plans that somebody asked for are made one at a time, each in a thread of its own. */
export const solvePlans = (plans: PlanService): Sweep =>
  defineSweep({
    name: 'plans/solve',
    everyMs: 5_000,
    // Reading, at most a minute of solving, storing.
    leaseMs: 240_000,
    batch: 2,
    due: (query) => plans.due(query),
    run: ({ id }) => plans.work(id),
    onDead: ({ id }) => plans.giveUp(id),
  });
