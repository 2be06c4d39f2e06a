import { asTenant } from '../../core/context.ts';
import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { checkStaffing } from '../matching/index.ts';
import { plannedOffers } from '../offers/index.ts';
import { PlanLineModel, PlanModel } from './plan.model.ts';
import { readArrays } from './plan.store.ts';

/** Proofs that are added up again: the latest, since each takes as long as its plan is large. */
const PROOFS = 50;

/** What a plan says of its worth and its bound, its stored numbers prove. */
const proofsHold: InvariantCheck = {
  name: 'plans/proofs-hold',
  async run() {
    const tally = invariantTally();
    const rows = await PlanModel.find({ state: { $in: ['proposed', 'sending', 'withdrawing', 'withdrawn'] } })
      .sort({ _id: -1 })
      .limit(PROOFS)
      .select({ tenantId: 1, attempt: 1, proof: 1 })
      .lean();
    for (const row of rows) {
      const arrays = await asTenant(String(row.tenantId), () => readArrays(row._id, row.attempt));
      if (!arrays || !row.proof) continue;
      tally.examine();
      const { objective, dualBound } = row.proof;
      const fault = checkStaffing(arrays.staffing, {
        used: arrays.used,
        proof: arrays.proof,
        objective: BigInt(objective),
        bound: BigInt(dualBound),
      });
      if (fault) tally.violate(`${String(row._id)}: ${fault}`);
    }
    return tally.result();
  },
};

/** Nobody is in a plan's place but by an offer of it to that very person; nobody is asked twice by one plan for one place. */
const offersFollow: InvariantCheck = {
  name: 'plans/offers-are-of-their-pairs',
  async run() {
    const tally = invariantTally();
    const assignments = new Map<string, string>();
    for await (const line of PlanLineModel.find({ 'pairs.assignmentId': { $type: 'objectId' } })
      .select({ positionId: 1, pairs: 1, planId: 1 })
      .lean()
      .cursor({ batchSize: 200 })) {
      for (const pair of line.pairs) {
        if (!pair.assignmentId) continue;
        const id = String(pair.assignmentId);
        if (assignments.has(id)) tally.violate(`assignment ${id} is of two pairs`);
        assignments.set(id, `${String(line.positionId)}:${String(pair.personId)}`);
      }
    }
    for (const offer of await plannedOffers()) {
      tally.examine();
      const wanted = assignments.get(String(offer.assignmentId));
      const found = `${String(offer.subjectId)}:${String(offer.personId)}`;
      if (wanted !== undefined && wanted !== found)
        tally.violate(`offer ${String(offer._id)} is for another pair than the plan's`);
      assignments.delete(String(offer.assignmentId));
    }
    for (const id of assignments.keys()) tally.violate(`assignment ${id} of a plan has no offer`);
    return tally.result();
  },
};

/** A wave that leaves units worse off than first come, first served says why. */
const reasonsGiven: InvariantCheck = {
  name: 'plans/reason-where-units-lose',
  async run() {
    const tally = invariantTally();
    for await (const row of PlanModel.find({ 'waves.0': { $exists: true } })
      .select({ waves: 1 })
      .lean()
      .cursor({ batchSize: 200 })) {
      for (const wave of row.waves) {
        tally.examine();
        if (wave.worse > 0 && wave.reason === '')
          tally.violate(`${String(row._id)}: wave ${wave.n} without a reason`);
      }
    }
    return tally.result();
  },
};

/** What `npm run verify` checks of plans, across tenants and read-only. */
export const planInvariants: readonly InvariantCheck[] = [proofsHold, offersFollow, reasonsGiven];
