import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { trainingCredits } from '../credits/index.ts';
import { openSeatOffers } from '../offers/index.ts';
import { EnrolmentModel } from './enrolment.model.ts';
import { SessionModel } from './session.model.ts';
import { SEATED_STATES } from './training.catalogue.ts';

/** Invariant 3 for training: seats taken are what the counter says, never more than there are. */
const capacityHolds: InvariantCheck = {
  name: 'training/capacity',
  async run() {
    const tally = invariantTally();
    const counts = await openSeatOffers('session');
    for await (const row of EnrolmentModel.find({ state: { $in: [...SEATED_STATES] } })
      .select({ sessionId: 1 })
      .lean()
      .cursor({ batchSize: 1_000 })) {
      const id = String(row.sessionId);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for await (const row of SessionModel.find({})
      .select({ taken: 1, capacity: 1 })
      .lean()
      .cursor({ batchSize: 1_000 })) {
      tally.examine();
      const seats = counts.get(String(row._id)) ?? 0;
      if (seats !== row.taken)
        tally.violate(`session ${String(row._id)}: counter ${row.taken}, seats ${seats}`);
      if (seats > row.capacity)
        tally.violate(`session ${String(row._id)}: ${seats} of ${row.capacity} seats`);
      counts.delete(String(row._id));
    }
    for (const id of counts.keys()) tally.violate(`session ${id}: seats without a session`);
    return tally.result();
  },
};

/** Invariants 5 and 6 for training: what was passed is posted once, and nobody assessed themselves. */
const creditedOnce: InvariantCheck = {
  name: 'training/credited-once',
  async run() {
    const tally = invariantTally();
    const posted = await trainingCredits();
    for await (const row of EnrolmentModel.find({})
      .select({ state: 1, personId: 1, creditId: 1, assessedByPersonId: 1 })
      .lean()
      .cursor({ batchSize: 1_000 })) {
      tally.examine();
      const id = String(row._id);
      const found = posted.get(id) ?? [];
      const own = found.some((one) => one.personId !== String(row.personId));
      if (row.state === 'credited' && (found.length !== 1 || found[0]?.creditId !== String(row.creditId)))
        tally.violate(`enrolment ${id} is credited by ${found.length} entries`);
      if (row.state !== 'credited' && found.length > 0)
        tally.violate(`enrolment ${id} is ${row.state} and posted`);
      if (own) tally.violate(`enrolment ${id} is posted for somebody else`);
      if (String(row.assessedByPersonId) === String(row.personId))
        tally.violate(`enrolment ${id} was assessed by its own person`);
      posted.delete(id);
    }
    for (const id of posted.keys()) tally.violate(`enrolment ${id} is posted and not there`);
    return tally.result();
  },
};

/** What `npm run verify` checks of training, across tenants and read-only. */
export const trainingInvariants: readonly InvariantCheck[] = [capacityHolds, creditedOnce];
