import { inTransaction } from '../../server/db/transaction.ts';
import type { HoursService } from '../../server/features/hours/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Whoever answers claims about hours is reminded before the day by which one has to be answered, and on it. */
export const remindOfClaims = ({ claims }: HoursService): Sweep =>
  defineSweep({
    name: 'hours/remind-of-claims',
    everyMs: 300_000,
    leaseMs: 60_000,
    batch: 200,
    due: (query) => claims.dueToRemind(query),
    run: ({ id }) => inTransaction(() => claims.remind(id)),
  });
