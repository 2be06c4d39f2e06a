import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { creditPostings } from '../hours/index.ts';
import { CreditModel } from './credit.model.ts';

/** Invariants 5 and 6: the ledger says of each claim what its state says, once; nobody decided on their own. */
const postingsFollow: InvariantCheck = {
  name: 'credits/ledger-follows-claims',
  async run() {
    const tally = invariantTally();
    const posted = await creditPostings();
    for await (const row of CreditModel.find({})
      .select({ state: 1, minutes: 1, personId: 1, reviewerPersonId: 1 })
      .lean()
      .cursor({ batchSize: 500 })) {
      tally.examine();
      const id = String(row._id);
      const found = posted.get(id) ?? { minutes: 0, entries: 0 };
      const wanted =
        row.state === 'posted'
          ? { minutes: row.minutes, entries: 1 }
          : { minutes: 0, entries: row.state === 'reversed' ? 2 : 0 };
      if (found.minutes !== wanted.minutes || found.entries !== wanted.entries)
        tally.violate(`${id} is ${row.state} with ${found.entries} entries of ${found.minutes} minutes`);
      if (String(row.reviewerPersonId) === String(row.personId))
        tally.violate(`${id} was decided by its own person`);
      if (row.state === 'posted' && row.reviewerPersonId === null)
        tally.violate(`${id} was decided by nobody`);
      posted.delete(id);
    }
    for (const id of posted.keys()) tally.violate(`${id}: entries without a claim`);
    return tally.result();
  },
};

/** What `npm run verify` checks of credit hours, across tenants and read-only. */
export const creditInvariants: readonly InvariantCheck[] = [postingsFollow];
