import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { answerBy } from '../offers/index.ts';
import { AssignmentModel } from './assignment.model.ts';
import type { OfferOutcome, SeatParts, Seats } from './assignment.seats.ts';

/** Asking people: a coordinator's choice among the candidates, and what a plan proposes. */
export function createOffering({ shifts, matching, tenants }: SeatParts, { leave, offerOne }: Seats) {
  return {
    /** Offers the position to each of these candidates; one refusal does not stop the others. */
    async offerTo(
      actor: AccountActor,
      positionId: string,
      handles: readonly string[],
      note: string,
    ): Promise<OfferOutcome[]> {
      return inTransaction(async () => {
        const place = await shifts.accessPosition(actor, positionId, 'offers:make');
        if (place.shift.state !== 'published')
          throw new Conflict('wrong-state', { state: place.shift.state });
        const tenant = await tenants.current();
        const dueAt = answerBy({
          now: contextNow(),
          startsAt: place.shift.startsAt,
          offerMinutes: tenant.settings.offerMinutes,
        });
        if (!dueAt) throw new Conflict('too-late-to-offer');
        const behind = await matching.peopleBehind(place.position, place.shift, handles);
        const outcomes: OfferOutcome[] = [];
        for (const handle of handles)
          outcomes.push(
            await offerOne(place, handle, behind.get(handle) ?? null, {
              dueAt,
              note,
              origin: 'coordinator',
            }),
          );
        return outcomes;
      });
    },

    /**
     * Offers a place to somebody whom a plan proposes, whoever ran it: in the posting tenant's context, judged anew. Inside the
     * caller's transaction, who answers for it that the plan may be sent. @returns the assignment, or the code why not
     */
    async offerPlanned(
      positionId: Types.ObjectId,
      personId: Types.ObjectId,
      note: string,
    ): Promise<{ assignmentId: Types.ObjectId } | { refusal: string }> {
      requireTransaction('An offer of a plan');
      const place = await shifts.position(positionId);
      if (place?.shift.state !== 'published') return { refusal: 'wrong-state' };
      const { settings } = await tenants.current();
      const dueAt = answerBy({
        now: contextNow(),
        startsAt: place.shift.startsAt,
        offerMinutes: settings.offerMinutes,
      });
      if (!dueAt) return { refusal: 'too-late-to-offer' };
      const asked = await AssignmentModel.countDocuments({ positionId, state: 'offered' });
      if (place.position.taken + asked >= place.position.maximum) return { refusal: 'position-full' };
      const outcome = await offerOne(place, '', String(personId), { dueAt, note, origin: 'plan' });
      return outcome.assignmentId
        ? { assignmentId: new Types.ObjectId(outcome.assignmentId) }
        : { refusal: outcome.refusal ?? 'does-not-fit' };
    },

    /** Takes offers of a plan back that nobody answered; inside the caller's transaction. @returns how many */
    async withdrawPlanned(ids: readonly Types.ObjectId[], reason: string): Promise<number> {
      requireTransaction('Withdrawing offers of a plan');
      const rows = await AssignmentModel.find({ _id: { $in: [...ids] }, state: 'offered' }).lean();
      for (const row of rows) {
        await leave(row, 'cancelled_by_org', reason || null, 'assignments/withdraw');
        await addMessage({
          kind: 'assignments/cancelled',
          subjectId: row._id,
          dedupeKey: `cancelled:${String(row._id)}`,
        });
      }
      return rows.length;
    },
  };
}
