import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { AppError, Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import { assignmentLifecycle } from '../../core/states.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import type { Finding } from '../matching/index.ts';
import type { OfferRow } from '../offers/index.ts';
import { bookPersonDays, lockPerson, unbookPersonDays } from '../people/index.ts';
import type { UnitService } from '../units/index.ts';
import { accessAssignment } from './assignment.access.ts';
import { createAnswers } from './assignment.answers.ts';
import { AssignmentModel, LIVE_STATES, SEATED_STATES } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';
import { followMoves } from './assignment.moves.ts';
import { createOffering } from './assignment.offers.ts';
import { createAssignmentReading } from './assignment.reading.ts';
import { createSeats } from './assignment.seats.ts';
import type { SeatParts } from './assignment.seats.ts';
import { deskOf } from './desk.ts';
import { createReplacement } from './replacement.ts';

export interface AssignmentParts extends SeatParts {
  readonly units: UnitService;
}

/** What came of one place of several that somebody asked for in one go. */
export interface SignUpOutcome {
  readonly positionId: string;
  readonly row: AssignmentRow | null;
  /** Null when it worked; else a code, with the reasons behind it. */
  readonly refusal: string | null;
  readonly reasons: readonly Finding[];
}

export type AssignmentService = ReturnType<typeof createAssignmentService>;

export function createAssignmentService(parts: AssignmentParts) {
  const { shifts, offers, matching, memberships, tenants, units } = parts;
  const seats = createSeats(parts);
  const { assertFits, giveUp, insert, leave, offerOne, passSeatOn, placeOf } = seats;

  offers.onExpired('position', async (offer: OfferRow) => {
    const row = await AssignmentModel.findById(offer.assignmentId).lean();
    if (!row || row.state !== 'offered' || String(row.offerId) !== String(offer._id)) return;
    await transition(AssignmentModel, row._id, {
      lifecycle: assignmentLifecycle,
      from: ['offered'],
      to: 'expired',
      action: 'assignments/expire',
      set: { offerId: null },
    });
    await addMessage({
      kind: 'assignments/expired',
      subjectId: row._id,
      dedupeKey: `expired:${String(offer._id)}`,
    });
    if (offer.holdsSeat) await passSeatOn(row.positionId);
  });

  followMoves(shifts);

  shifts.onShiftCancelled(async (shift, reason) => {
    const rows = await AssignmentModel.find({
      shiftId: shift._id,
      state: { $in: ['offered', 'requested', 'waitlisted', 'accepted', 'confirmed'] },
    }).lean();
    for (const row of rows) {
      if (row.offerId) {
        const offer = await offers.row(row.offerId);
        if (offer?.state === 'open') await offers.close(offer._id, 'withdrawn', reason);
      }
      await transition(AssignmentModel, row._id, {
        lifecycle: assignmentLifecycle,
        from: [row.state],
        to: 'cancelled_by_org',
        reason,
        action: 'assignments/cancel',
        set: { offerId: null, waitSeq: null },
      });
      if ((SEATED_STATES as readonly string[]).includes(row.state)) {
        await unbookPersonDays(String(row.personId), row._id, row);
        await shifts.releaseSeat(row.positionId, false);
      }
      await addMessage({
        kind: 'assignments/cancelled',
        subjectId: row._id,
        dedupeKey: `cancelled:${String(row._id)}`,
      });
    }
  });

  const replacement = createReplacement({
    matching,
    tenants,
    units,
    placeOf,
    leave: giveUp,
    offerOne: (place, personId, dueAt) =>
      offerOne(place, personId, personId, { dueAt, note: '', origin: 'replacement' }),
  });

  return {
    ...createAssignmentReading(parts),
    ...createOffering(parts, seats),
    ...createAnswers(parts, seats),
    access: accessAssignment,
    placeOf,
    ...replacement,

    /**
     * Frees every place ahead that a person has or asked for, in whatever organisation; the next in line come up. Inside
     * the caller's transaction.
     */
    async releaseAhead(personId: string, reason: string): Promise<void> {
      requireTransaction('Freeing places');
      // As in `replaceAfter`: nobody gets a place at this moment that is not seen here.
      await lockPerson(personId);
      const ahead = await acrossTenants('assignments: the places ahead of one person', () =>
        AssignmentModel.find({
          personId: new Types.ObjectId(personId),
          endsAt: { $gt: contextNow() },
          state: { $in: ['offered', 'requested', 'waitlisted', 'accepted', 'confirmed'] },
        }).lean(),
      );
      for (const row of ahead)
        await asTenant(String(row.tenantId), () =>
          leave(row, 'cancelled_by_org', reason, 'assignments/release'),
        );
    },

    /** The volunteer signs up: a place where there is one, a place in line where there is none, a question where the coordinator decides. */
    async signUp(actor: AccountActor, positionId: string, note: string): Promise<AssignmentRow> {
      return inTransaction(async () => {
        const place = await shifts.position(positionId);
        // Drafts are nobody's business yet.
        if (!place || place.shift.state === 'draft') throw new NotFound();
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        const existing = await AssignmentModel.findOne({
          positionId: place.position._id,
          personId: new Types.ObjectId(actor.personId),
          state: { $in: [...LIVE_STATES] },
        }).lean();
        if (existing) throw new Conflict('already-signed-up', { state: existing.state });
        await assertFits(place, actor.personId, null, true);
        const person = {
          id: actor.personId,
          name: membership.personName,
          membershipId: String(membership._id),
        };
        if (place.position.admission === 'approval') {
          const row = await insert(place, person, 'requested', { note });
          for (const accountId of await deskOf(place.shift, await units.pathOf(row.unitId)))
            await addMessage({
              kind: 'assignments/requested',
              subjectId: row._id,
              data: { accountId },
              dedupeKey: `requested:${String(row._id)}:${accountId}`,
            });
          return row;
        }
        if (!(await shifts.reserveSeat(place.position._id))) {
          const row = await insert(place, person, 'waitlisted', {
            note,
            waitSeq: await shifts.nextWaitSeq(place.position._id),
          });
          await addMessage({
            kind: 'assignments/waitlisted',
            subjectId: row._id,
            dedupeKey: `waitlisted:${String(row._id)}`,
          });
          return row;
        }
        const row = await insert(place, person, 'accepted', { note });
        await bookPersonDays(actor.personId, {
          assignmentId: row._id,
          tenantId: row.tenantId,
          startsAt: row.startsAt,
          endsAt: row.endsAt,
        });
        await addMessage({
          kind: 'assignments/accepted',
          subjectId: row._id,
          dedupeKey: `accepted:${String(row._id)}:1`,
        });
        return row;
      });
    },

    /**
     * Signs up for several in one go, each judged with those before it; one refusal does not stop the others. What a
     * refusal throws is thrown before anything of that sign-up is written, so the transaction goes on.
     */
    async signUpForAll(
      actor: AccountActor,
      positionIds: readonly string[],
      note: string,
    ): Promise<SignUpOutcome[]> {
      return inTransaction(async () => {
        const outcomes: SignUpOutcome[] = [];
        for (const positionId of new Set(positionIds)) {
          try {
            const row = await this.signUp(actor, positionId, note);
            outcomes.push({ positionId, row, refusal: null, reasons: [] });
          } catch (err) {
            if (!(err instanceof AppError) || ![403, 404, 409].includes(err.status)) throw err;
            const reasons = (err.details['reasons'] ?? []) as Finding[];
            outcomes.push({ positionId, row: null, refusal: err.code, reasons });
          }
        }
        return outcomes;
      });
    },

    /** One legal step, for the features that run the day; inside their transaction. */
    move(
      row: AssignmentRow,
      step: {
        from: string[];
        to: string;
        action: AuditAction;
        set?: Record<string, unknown>;
        reason?: string;
      },
    ): Promise<AssignmentRow> {
      return transition(AssignmentModel, row._id, { lifecycle: assignmentLifecycle, ...step });
    },
  };
}
