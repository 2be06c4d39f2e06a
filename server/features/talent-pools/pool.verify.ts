import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { PoolMemberModel, TalentPoolModel } from './pool.model.ts';
import { dueOnOf } from './member.time.rules.ts';

const CERTIFIED = ['certified', 'expiring'];

/** Invariant 5 for pools: two people certified whoever is in one, on rules that passed and are kept with their facts. */
const certificationsHold: InvariantCheck = {
  name: 'talent-pools/two-people-certified',
  async run() {
    const tally = invariantTally();
    const windows = new Map<string, number>();
    for await (const pool of TalentPoolModel.find({}).select({ windowMonths: 1 }).lean().cursor())
      windows.set(String(pool._id), pool.windowMonths);
    for await (const row of PoolMemberModel.find({}).lean().cursor({ batchSize: 500 })) {
      tally.examine();
      const id = String(row._id);
      const windowMonths = windows.get(String(row.poolId));
      if (windowMonths === undefined) {
        tally.violate(`${id} is in a pool that does not exist`);
        continue;
      }
      // A pool's window may have been changed since: only that something is due is sure.
      if ((row.dueOn === null) !== (dueOnOf({ ...row, windowMonths }) === null))
        tally.violate(`${id} is ${row.state} and due on ${String(row.dueOn)}`);
      if (!CERTIFIED.includes(row.state)) continue;
      if (row.finalReviewerId === null) tally.violate(`${id} is ${row.state} and nobody had the final word`);
      if (row.firstReviewerId === null && row.appeal === null)
        tally.violate(`${id} is ${row.state} and nobody had the first word`);
      if (row.firstReviewerId !== null && String(row.firstReviewerId) === String(row.finalReviewerId))
        tally.violate(`${id} was certified by one person alone`);
      if (!row.decisions.some(({ step, passed }) => step === 'certified' && passed))
        tally.violate(`${id} was certified on nothing`);
    }
    return tally.result();
  },
};

/** What `npm run verify` checks of talent pools, across tenants and read-only. */
export const poolInvariants: readonly InvariantCheck[] = [certificationsHold];
