import { Types } from 'mongoose';
import { born } from '../../server/db/transition.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { packIds, storeArrays } from '../../server/features/plans/plan.store.ts';
import { solveStaffing } from '../../server/features/matching/solver/solve-staffing.ts';
import { staffingOf } from '../../server/features/matching/solver/staffing.ts';
import { PlanLineModel, PlanModel } from '../../server/features/plans/plan.model.ts';
import { PositionModel, ShiftModel } from '../../server/features/shifts/shift.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { inTenant } from './people.ts';

const SCORE = 500;

/** A plan of the whole tenant that proposes one person for one position, as if it had been made. @returns its id */
export async function createPlan(
  tenant: Tenant,
  pair: { positionId: string; personId: string; title: string },
): Promise<string> {
  return inTenant(tenant.id, () =>
    inTransaction(async () => {
      const _id = new Types.ObjectId();
      const position = await PositionModel.findById(pair.positionId).lean();
      const shift = await ShiftModel.findById(position?.shiftId).lean();
      if (!position || !shift) throw new Error(`No position ${pair.positionId} in this tenant`);
      const staffing = staffingOf(
        [{ slots: 1, certified: 0, bonus: [3_000] }],
        [{ most: 1, inside: -1 }],
        [{ position: 0, cap: 0, weight: SCORE, certified: false }],
      );
      const solved = solveStaffing(staffing);
      await storeArrays(_id, 1, {
        staffing,
        used: solved.used,
        proof: solved.proof,
        positionIds: packIds([pair.positionId]),
        personIds: packIds([pair.personId]),
        personOf: new Int32Array(1),
        metres: new Int32Array(1).fill(-1),
      });
      await PlanModel.create([
        {
          _id,
          ...born('proposed'),
          unitId: new Types.ObjectId(tenant.rootUnitId),
          settings: {
            from: '2026-01-05',
            to: '2026-01-18',
            perWeek: 1,
            fill: 'required',
            certifiedFrom: 0,
            seconds: 20,
          },
          attempt: 1,
          drawn: 1,
          proof: {
            status: 'optimal',
            kind: 'dual',
            objective: String(solved.objective),
            bound: String(solved.bound),
            dualBound: String(solved.bound),
            gap: '0',
            solveMs: 0,
            options: 1,
            checkedAt: new Date(),
          },
          follow: false,
          createdAt: new Date(),
        } as never,
      ]);
      await PlanLineModel.create([
        {
          planId: _id,
          attempt: 1,
          place: 0,
          ownerTenantId: new Types.ObjectId(tenant.id),
          unitId: position.unitId,
          shiftId: shift._id,
          positionId: position._id,
          title: pair.title,
          name: position.name,
          startsAt: shift.startsAt,
          endsAt: shift.endsAt,
          slots: 1,
          surplus: 0,
          before: 0,
          pairs: [
            {
              personId: new Types.ObjectId(pair.personId),
              score: SCORE,
              weight: SCORE,
              price: 0,
              certified: false,
              distanceMetres: null,
              parts: [],
              pinned: false,
              moved: false,
              state: 'proposed',
              wave: null,
              assignmentId: null,
              refusal: null,
            },
          ],
        } as never,
      ]);
      return String(_id);
    }),
  );
}
