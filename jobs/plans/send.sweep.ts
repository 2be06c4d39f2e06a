import type { PlanSending } from '../../server/features/plans/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Short turns, so that a small wave does not wait for a city's. */
const TURN_MS = 3_000;

/** Waves of offers go out position by position, and plans are taken back so; each turn goes on where the last one stopped. */
export const sendPlans = (sending: PlanSending): Sweep =>
  defineSweep({
    name: 'plans/send',
    everyMs: 5_000,
    leaseMs: 90_000,
    batch: 10,
    due: (query) => sending.due(query),
    run: ({ id }) => sending.workFor(id, TURN_MS),
  });
