import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { CredentialModel } from './credential.model.ts';
import { dueOnOf } from './credential.rules.ts';

const VERIFIED = ['valid', 'expiring', 'suspended', 'expired', 'renewed'];

/** Invariant 5 for certificates: two people verified what counts; what time changes is looked for on its day. */
const reviewsHold: InvariantCheck = {
  name: 'credentials/two-people-verified',
  async run() {
    const tally = invariantTally();
    for await (const row of CredentialModel.find({})
      .select({
        state: 1,
        firstReviewerId: 1,
        finalReviewerId: 1,
        validTo: 1,
        windowMonths: 1,
        dueOn: 1,
        appeal: 1,
        renewsId: 1,
        renewedById: 1,
      })
      .lean()
      .cursor({ batchSize: 500 })) {
      tally.examine();
      const id = String(row._id);
      if (VERIFIED.includes(row.state)) {
        if (row.finalReviewerId === null)
          tally.violate(`${id} is ${row.state} and nobody had the final word`);
        // A contested one may have been refused before anybody passed it.
        if (row.firstReviewerId === null && row.appeal === null)
          tally.violate(`${id} is ${row.state} and nobody had the first word`);
        if (row.firstReviewerId !== null && String(row.firstReviewerId) === String(row.finalReviewerId))
          tally.violate(`${id} was verified by one person alone`);
      }
      if (row.dueOn !== dueOnOf(row))
        tally.violate(`${id}: due on ${String(row.dueOn)}, expected ${String(dueOnOf(row))}`);
      if (row.state === 'renewed' && row.renewedById === null) tally.violate(`${id} is renewed by nothing`);
    }
    return tally.result();
  },
};

/** What `npm run verify` checks of certificates, across tenants and read-only. */
export const credentialInvariants: readonly InvariantCheck[] = [reviewsHold];
