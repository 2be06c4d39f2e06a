import { Types } from 'mongoose';
import { born } from '../../server/db/transition.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import {
  PlannedSessionModel,
  TrainingPlanModel,
} from '../../server/features/training-plans/training-plan.model.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { inTenant } from './people.ts';

const DAY = 86_400_000;

/** A plan of the whole tenant that proposes one session and one invitation, as if it had been made. */
export async function createTrainingPlan(
  tenant: Tenant,
  about: { courseId: string; title: string; personId: string; membershipId: string; name: string },
): Promise<{ trainingPlanId: string; plannedId: string }> {
  return inTenant(tenant.id, () =>
    inTransaction(async () => {
      const [_id, plannedId] = [new Types.ObjectId(), new Types.ObjectId()];
      const startsAt = new Date(Math.ceil(Date.now() / DAY) * DAY + 9 * DAY);
      const sums = { weighted: 1_440, urgent: 180, all: 180, people: 1 };
      const need = { code: 'course', what: about.courseId, minutes: 180, weight: 8, dueOn: '2026-12-31' };
      await TrainingPlanModel.create([
        {
          _id,
          ...born('proposed'),
          unitId: new Types.ObjectId(tenant.rootUnitId),
          settings: {
            from: '2026-12-01',
            to: '2026-12-31',
            budgetCents: 100_000,
            hourCents: 0,
            mostEach: 2,
            windows: ['saturday-day'],
            courseIds: [about.courseId],
            instructorIds: [],
            rooms: [{ label: about.title, address: '', unitId: null, seats: 9, costCents: 0 }],
            poolId: null,
          },
          edits: { pins: [], dropped: [], excluded: [] },
          attempt: 1,
          inputs: { people: 1, needs: 1, spots: 1, options: 1 },
          proof: { worth: 1_439, bound: 1_439, greedy: 1_439, optimal: true },
          outcome: { before: sums, closed: sums, sessions: 1, invitations: 1, costCents: 0 },
          createdAt: new Date(),
        } as never,
      ]);
      await PlannedSessionModel.create([
        {
          _id: plannedId,
          planId: _id,
          attempt: 1,
          place: 0,
          courseId: new Types.ObjectId(about.courseId),
          title: about.title,
          startsAt,
          endsAt: new Date(startsAt.getTime() + 180 * 60_000),
          room: 0,
          label: about.title,
          seats: 9,
          costCents: 0,
          minutes: 180,
          reach: 1,
          worth: 1_439,
          invitations: [
            {
              personId: new Types.ObjectId(about.personId),
              membershipId: new Types.ObjectId(about.membershipId),
              personName: about.name,
              minutes: 180,
              needs: [need],
              statedFree: false,
              metres: null,
              refusal: null,
              enrolmentId: null,
            },
          ],
          sessionId: new Types.ObjectId(),
        } as never,
      ]);
      return { trainingPlanId: String(_id), plannedId: String(plannedId) };
    }),
  );
}
