import type { PlanPublishing, TrainingPlanService } from '../../server/features/training-plans/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Training plans that somebody asked for are made one at a time, each in a thread of its own. */
export const solveTrainingPlans = (plans: TrainingPlanService): Sweep =>
  defineSweep({
    name: 'training-plans/solve',
    everyMs: 5_000,
    // Reading, at most two minutes of solving, storing.
    leaseMs: 300_000,
    batch: 1,
    due: (query) => plans.due(['queued', 'running'], query),
    run: ({ id }) => plans.work(id),
    onDead: ({ id }) => plans.giveUp(id),
  });

/** Published plans become sessions and invitations, session by session. */
export const publishTrainingPlans = (plans: TrainingPlanService, publishing: PlanPublishing): Sweep =>
  defineSweep({
    name: 'training-plans/publish',
    everyMs: 5_000,
    leaseMs: 240_000,
    batch: 2,
    due: (query) => plans.due(['publishing'], query),
    run: ({ id }) => publishing.work(id),
  });
