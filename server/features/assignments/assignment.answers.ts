import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { assignmentLifecycle } from '../../core/states.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import { accessAssignment } from './assignment.access.ts';
import { AssignmentModel, SEATED_STATES } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';
import { OWN_EVERYWHERE } from './assignment.reading.ts';
import type { SeatParts, Seats } from './assignment.seats.ts';
import type { OfferRef } from './offer-link.ts';

/** Yes and no, from either side; a yes is judged anew inside the transaction that gives the seat. */
export function createAnswers(
  { shifts, offers, tenants }: SeatParts,
  { assertFits, leave, placeOf, seat, welcome }: Seats,
) {
  return {
    /** The volunteer says yes to an offer; everything is judged anew. */
    async accept(actor: AccountActor, id: string): Promise<AssignmentRow> {
      return inTransaction(async () => {
        const row = await accessAssignment(actor, id);
        if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
        if (row.state !== 'offered' || !row.offerId) throw new Conflict('wrong-state', { state: row.state });
        const offer = await offers.row(row.offerId);
        if (!offer || offer.state !== 'open' || offer.dueAt <= contextNow()) throw new Conflict('offer-over');
        // Nothing begins in an organisation that has closed since.
        if (!(await tenants.current()).active) throw new Conflict('offer-over');
        const place = await placeOf(row);
        await assertFits(place, actor.personId, row._id, true);
        if (!offer.holdsSeat && !(await shifts.reserveSeat(row.positionId)))
          throw new Conflict('position-full');
        await offers.close(offer._id, 'accepted');
        const set = row.membershipId ? {} : await welcome(actor, row, offer);
        return seat(row, { from: ['offered'], action: 'assignments/accept', set });
      });
    },

    /** The coordinator says yes to a request. */
    async admit(actor: AccountActor, id: string): Promise<AssignmentRow> {
      return inTransaction(async () => {
        const row = await accessAssignment(actor, id);
        if (!can(actor, 'assignments:manage', String(row.unitId))) throw new Forbidden('not-permitted');
        if (row.state !== 'requested') throw new Conflict('wrong-state', { state: row.state });
        const place = await placeOf(row);
        await assertFits(place, String(row.personId), row._id, false);
        if (!(await shifts.reserveSeat(row.positionId))) {
          const waitSeq = await shifts.nextWaitSeq(row.positionId);
          return transition(AssignmentModel, row._id, {
            lifecycle: assignmentLifecycle,
            from: ['requested'],
            to: 'waitlisted',
            set: { waitSeq },
            action: 'assignments/admit',
          });
        }
        return seat(row, { from: ['requested'], action: 'assignments/admit' });
      });
    },

    /** No thanks: the volunteer to an offer, the coordinator to a request. */
    async decline(actor: AccountActor, id: string, reason: string): Promise<AssignmentRow> {
      return inTransaction(async () => {
        const row = await accessAssignment(actor, id);
        const own = String(row.personId) === actor.personId;
        if (own ? row.state !== 'offered' : row.state !== 'requested')
          throw new Conflict('wrong-state', { state: row.state });
        if (!own && !can(actor, 'assignments:manage', String(row.unitId)))
          throw new Forbidden('not-permitted');
        const after = await leave(row, 'declined', reason || null, 'assignments/decline');
        if (!own)
          await addMessage({
            kind: 'assignments/declined',
            subjectId: row._id,
            dedupeKey: `declined:${String(row._id)}`,
          });
        return after;
      });
    },

    /** Either side calls it off; the seat goes to the first in line. */
    async cancel(actor: AccountActor, id: string, reason: string): Promise<AssignmentRow> {
      return inTransaction(async () => {
        const row = await accessAssignment(actor, id);
        const own = String(row.personId) === actor.personId;
        if (!own && !can(actor, 'assignments:manage', String(row.unitId)))
          throw new Forbidden('not-permitted');
        const cancellable = own
          ? ['requested', 'waitlisted', 'accepted', 'confirmed']
          : ['offered', 'requested', 'waitlisted', 'accepted', 'confirmed'];
        if (!cancellable.includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
        if (row.startsAt <= contextNow() && (SEATED_STATES as readonly string[]).includes(row.state))
          throw new Conflict('shift-started');
        const after = await leave(
          row,
          own ? 'cancelled_by_person' : 'cancelled_by_org',
          reason || null,
          'assignments/cancel',
        );
        if (!own)
          await addMessage({
            kind: 'assignments/cancelled',
            subjectId: row._id,
            dedupeKey: `cancelled:${String(row._id)}`,
          });
        return after;
      });
    },

    /**
     * The person answers an offer made to them in whatever tenant. The answer is given as nobody but themselves: what
     * they may do in the tenant they act in counts for nothing there.
     * @throws NotFound for what is not theirs
     */
    async answer(
      actor: AccountActor,
      id: string,
      answer: 'accept' | 'decline',
      reason: string,
    ): Promise<AssignmentRow> {
      const row = isId(id)
        ? await acrossTenants(OWN_EVERYWHERE, () =>
            AssignmentModel.findOne({
              _id: new Types.ObjectId(id),
              personId: new Types.ObjectId(actor.personId),
            })
              .select({ tenantId: 1 })
              .lean(),
          )
        : null;
      if (!row) throw new NotFound();
      const self: AccountActor = { ...actor, membership: null };
      return asTenant(String(row.tenantId), () =>
        answer === 'accept' ? this.accept(self, id) : this.decline(self, id, reason),
      );
    },

    /**
     * No thanks, said with the link of the offer's mail: by nobody in particular, since whoever holds the link may say it.
     * Said twice it changes nothing. @throws Conflict `offer-over` when it was accepted, ran out or was withdrawn
     */
    async declineByLink({ tenantId, offerId }: OfferRef): Promise<void> {
      const nobody: Actor = { kind: 'anonymous', door: 'page' };
      await asTenant(
        tenantId,
        () =>
          inTransaction(async () => {
            const offer = await offers.row(offerId);
            if (offer?.state === 'declined') return;
            const row = offer ? await AssignmentModel.findById(offer.assignmentId).lean() : null;
            const stands = row?.state === 'offered' && String(row.offerId) === offerId;
            if (!offer || offer.state !== 'open' || offer.dueAt <= contextNow() || !row || !stands)
              throw new Conflict('offer-over');
            await leave(row, 'declined', null, 'assignments/decline-by-link');
          }),
        nobody,
      );
    },
  };
}
