import type { AssignmentService } from '../../server/features/assignments/index.ts';
import { REOFFER_SWEEP } from '../../server/features/assignments/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Those who fit best are asked for places that were given up and nobody waits for. */
export const reofferPlaces = (assignments: AssignmentService): Sweep =>
  defineSweep({
    name: REOFFER_SWEEP,
    everyMs: 15_000,
    leaseMs: 120_000,
    batch: 100,
    due: (query) => assignments.dueToReoffer(query),
    run: ({ id }) => assignments.reoffer(id),
  });
