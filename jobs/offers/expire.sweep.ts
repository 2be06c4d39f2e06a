import { inTransaction } from '../../server/db/transaction.ts';
import type { OfferService } from '../../server/features/offers/index.ts';
import { defineSweep } from '../sweep.ts';
import type { Sweep } from '../sweep.ts';

/** Offers whose time is over go to the next in line. */
export const expireOffers = (offers: OfferService): Sweep =>
  defineSweep({
    name: 'offers/expire',
    everyMs: 15_000,
    leaseMs: 60_000,
    batch: 200,
    due: (query) => offers.due(query),
    run: ({ id }) => inTransaction(() => offers.expire(id)),
  });
