import { inTransaction } from '../../server/db/transaction.ts';
import type { ProposalService } from '../../server/features/proposals/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** What nobody confirmed in time lapses, and who proposed it is told. */
export const lapseProposals = (proposals: ProposalService): Sweep =>
  defineSweep({
    name: 'proposals/lapse',
    everyMs: 60_000,
    leaseMs: 60_000,
    batch: 200,
    due: (query) => proposals.due(query),
    run: ({ id }) => inTransaction(() => proposals.lapse(id)),
  });
