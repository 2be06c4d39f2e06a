import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { ProposalModel } from './proposal.model.ts';

/** S-10: what was confirmed was confirmed by another person than who proposed it, before it lapsed. */
const twoPersons: InvariantCheck = {
  name: 'proposals/two-persons',
  async run() {
    const tally = invariantTally();
    for await (const row of ProposalModel.find({ state: 'confirmed' })
      .select({
        proposerPersonId: 1,
        deciderPersonId: 1,
        proposedBy: 1,
        decidedBy: 1,
        decidedAt: 1,
        lapsesAt: 1,
      })
      .lean()
      .cursor({ batchSize: 1_000 })) {
      tally.examine();
      const id = String(row._id);
      if (!row.deciderPersonId || !row.decidedBy || !row.decidedAt) tally.violate(`${id} nobody confirmed`);
      else if (row.deciderPersonId.equals(row.proposerPersonId) || row.decidedBy.equals(row.proposedBy))
        tally.violate(`${id} confirmed by who proposed it`);
      else if (row.decidedAt >= row.lapsesAt) tally.violate(`${id} confirmed after it lapsed`);
    }
    return tally.result();
  },
};

export const proposalInvariants: InvariantCheck[] = [twoPersons];
