import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck, InvariantResult } from '../../core/invariant.ts';
import { AccountModel } from './account.model.ts';

/** What `npm run verify` looks after in accounts. */
export const accountInvariants: readonly InvariantCheck[] = [
  { name: 'accounts/consent-behind-registration-in-person', run: consentBehindRegistration },
];

/** Whoever was registered by an organisation agreed before, and it is written down who heard it. */
async function consentBehindRegistration(): Promise<InvariantResult> {
  const tally = invariantTally();
  const rows = AccountModel.aggregate<{ _id: unknown; agreed: boolean }>([
    { $match: { madeIn: { $ne: null } } },
    { $lookup: { from: 'people', localField: 'personId', foreignField: '_id', as: 'person' } },
    {
      $project: {
        agreed: {
          $anyElementTrue: {
            $map: {
              input: { $ifNull: [{ $first: '$person.consents' }, []] },
              as: 'consent',
              in: {
                $and: [
                  { $eq: ['$$consent.purpose', 'terms'] },
                  { $ne: ['$$consent.how', 'self'] },
                  { $ne: [{ $ifNull: ['$$consent.recordedBy', null] }, null] },
                ],
              },
            },
          },
        },
      },
    },
  ]).cursor();
  for await (const row of rows) {
    tally.examine();
    if (!row.agreed) tally.violate(`Account ${String(row._id)}`);
  }
  return tally.result();
}
