import { inTransaction } from '../../server/db/transaction.ts';
import type { HoursService } from '../../server/features/hours/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Whoever confirms hours is reminded before the day by which a record has to be complete, and on it. */
export const remindOfHours = (hours: HoursService): Sweep =>
  defineSweep({
    name: 'hours/remind',
    everyMs: 300_000,
    leaseMs: 60_000,
    batch: 200,
    due: (query) => hours.dueToRemind(query),
    run: ({ id }) => inTransaction(() => hours.remind(id)),
  });
