import { contextNow } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import { trainingPlanLifecycle } from '../../core/states.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import type { EnrolmentService, SessionService } from '../training/index.ts';
import { reasonsOf } from './outcome.rules.ts';
import { PlannedSessionModel, TrainingPlanModel } from './training-plan.model.ts';
import type { PlannedSessionRow, TrainingPlanRow } from './training-plan.model.ts';

export interface PublishingParts {
  readonly sessions: SessionService;
  readonly enrolments: EnrolmentService;
}
export type PlanPublishing = ReturnType<typeof createPlanPublishing>;

/** Session by session, each with its invitations in one transaction: whatever stops it, it goes on with the next one. */
export function createPlanPublishing({ sessions, enrolments }: PublishingParts) {
  /** Announces one session and asks its people. Once: the row is still proposed, and the session's id was drawn before. */
  async function publishOne(plan: TrainingPlanRow, id: PlannedSessionRow['_id']): Promise<void> {
    await inTransaction(async () => {
      const row = await PlannedSessionModel.findOne({ _id: id, state: 'proposed' }).lean();
      if (!row || !plan.publisher) return;
      const session = await sessions.announce({
        _id: row.sessionId,
        courseId: row.courseId,
        unitId: plan.unitId,
        label: row.label,
        address: row.address,
        startsAt: row.startsAt,
        endsAt: row.endsAt,
        seats: row.seats,
        instructors: row.instructor ? [row.instructor] : [],
        createdBy: plan.publisher.accountId,
      });
      const outcomes = await enrolments.inviteProposed(
        session,
        // Nobody asks themselves: an officer who lacks hours signs up like everybody else.
        row.invitations
          .filter((one) => String(one.personId) !== String(plan.publisher?.personId))
          .map((one) => ({
            personId: one.personId,
            why: reasonsOf(one).map((reason) => ({ ...reason, params: { ...reason.params } })),
          })),
      );
      const found = new Map(outcomes.map((one) => [one.personId, one]));
      await PlannedSessionModel.updateOne(
        { _id: row._id, state: 'proposed' },
        {
          $set: {
            state: 'published',
            invitations: row.invitations.map((one) => {
              const outcome = found.get(String(one.personId));
              return {
                ...one,
                refusal: outcome ? outcome.refusal : 'not-your-own',
                enrolmentId: outcome?.enrolmentId ?? null,
              };
            }),
          },
        },
      );
    });
  }

  return {
    /** Publishes what is left of a plan; twice, or by two at once, everything is made once. */
    async work(id: string): Promise<void> {
      const plan = await TrainingPlanModel.findById(id).lean();
      if (plan?.state !== 'publishing') return;
      const rows = await PlannedSessionModel.find({
        planId: plan._id,
        attempt: plan.attempt,
        state: 'proposed',
      })
        .sort({ place: 1 })
        .select({ _id: 1 })
        .lean();
      for (const { _id } of rows) {
        try {
          await publishOne(plan, _id);
        } catch (err) {
          // What the rules refuse stays refused with its reason; anything else is tried again.
          if (!(err instanceof AppError) || err.status >= 500) throw err;
          await PlannedSessionModel.updateOne(
            { _id, state: 'proposed' },
            { $set: { state: 'refused', refusal: refusalOf(err) } },
          );
        }
      }
      await inTransaction(() =>
        transition(TrainingPlanModel, plan._id, {
          lifecycle: trainingPlanLifecycle,
          from: ['publishing'],
          to: 'published',
          set: { dueAt: null, finishedAt: contextNow() },
          action: 'training-plans/published',
        }),
      );
    },
  };
}

const refusalOf = (err: AppError): string => {
  const issues = (err as { issues?: readonly { code: string }[] }).issues;
  return issues?.[0]?.code ?? err.code;
};
