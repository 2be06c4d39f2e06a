import { inTransaction } from '../../server/db/transaction.ts';
import type { AppraisalService } from '../../server/features/appraisals/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Whoever says something of services, or answers what is contested, is reminded before the last day for it, and on it. */
export const remindOfAppraisals = (appraisals: AppraisalService): Sweep =>
  defineSweep({
    name: 'appraisals/remind',
    everyMs: 300_000,
    leaseMs: 60_000,
    batch: 200,
    due: (query) => appraisals.dueToRemind(query),
    run: ({ id }) => inTransaction(() => appraisals.remind(id)),
  });
