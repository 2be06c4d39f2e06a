import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import { assignmentLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { addMessage } from '../../db/outbox.ts';
import { born, transition } from '../../db/transition.ts';
import type { MatchingService } from '../matching/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { answerBy, nextInLine } from '../offers/index.ts';
import type { OfferRow, OfferService } from '../offers/index.ts';
import { bookPersonDays, lockPersonWeeks, unbookPersonDays } from '../people/index.ts';
import type { PositionRow, ShiftRow, ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { AssignmentModel, LIVE_STATES, SEATED_STATES } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';
import { heldAround, withNames } from './neighbours.ts';

export interface SeatParts {
  readonly shifts: ShiftService;
  readonly offers: OfferService;
  readonly matching: MatchingService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
}

/** What came of one offer of several. */
export interface OfferOutcome {
  readonly handle: string;
  readonly assignmentId: string | null;
  /** Null when the offer is open; else a code. */
  readonly refusal: string | null;
}

export type Seats = ReturnType<typeof createSeats>;

/** The single steps from which sign-ups, offers and answers are made, each inside the caller's transaction. */
export function createSeats({ shifts, offers, matching, memberships, tenants }: SeatParts) {
  async function placeOf(
    row: Pick<AssignmentRow, 'positionId'>,
  ): Promise<{ position: PositionRow; shift: ShiftRow }> {
    const found = await shifts.position(row.positionId);
    if (!found) throw new NotFound();
    return found;
  }

  /**
   * Judges the person anew under the lock of their days. @throws Conflict `assignment-refused` with every reason; told to
   * the person (`own`), a shift that is in the way is named
   */
  async function assertFits(
    place: { position: PositionRow; shift: ShiftRow },
    personId: string,
    except: Types.ObjectId | null,
    own: boolean,
  ): Promise<void> {
    const bookings = await lockPersonWeeks(personId, place.shift);
    const others = bookings.filter((booking) => String(booking.assignmentId) !== String(except));
    const reasons = await matching.refusalsFor({
      ...place,
      personId,
      bookings: others,
      tenant: await tenants.current(),
    });
    if (reasons.length === 0) return;
    const held = own ? await heldAround(personId, [place.shift], shifts) : [];
    throw new Conflict('assignment-refused', { reasons: withNames(reasons, place.shift, held) });
  }

  async function seat(
    row: AssignmentRow,
    options: { from: string[]; action: AuditAction; set?: Record<string, unknown> },
  ): Promise<AssignmentRow> {
    await bookPersonDays(String(row.personId), {
      assignmentId: row._id,
      tenantId: row.tenantId,
      startsAt: row.startsAt,
      endsAt: row.endsAt,
    });
    const after = await transition(AssignmentModel, row._id, {
      lifecycle: assignmentLifecycle,
      from: options.from,
      to: 'accepted',
      action: options.action,
      set: { waitSeq: null, offerId: null, ...options.set },
    });
    await addMessage({
      kind: 'assignments/accepted',
      subjectId: row._id,
      dedupeKey: `accepted:${String(row._id)}:${after.version}`,
    });
    return after;
  }

  /** Who was asked from elsewhere and accepts gets a name and a place among the members. */
  async function welcome(
    actor: AccountActor,
    row: AssignmentRow,
    offer: OfferRow,
  ): Promise<{ membershipId: Types.ObjectId; personName: string }> {
    const membership =
      (await memberships.approvedOf(actor.personId)) ??
      (await memberships.joinByOffer(actor, { unitId: String(row.unitId), offerId: String(offer._id) }));
    return { membershipId: membership._id, personName: membership.personName };
  }

  async function insert(
    place: { position: PositionRow; shift: ShiftRow },
    person: { id: string; name: string; membershipId: string | null },
    state: string,
    more: Record<string, unknown>,
  ): Promise<AssignmentRow> {
    const _id = new Types.ObjectId();
    const { position, shift } = place;
    await AssignmentModel.create([
      {
        _id,
        ...born(state),
        requestId: shift.requestId,
        shiftId: shift._id,
        positionId: position._id,
        unitId: position.unitId,
        personId: new Types.ObjectId(person.id),
        membershipId: person.membershipId ? new Types.ObjectId(person.membershipId) : null,
        personName: person.name,
        startsAt: shift.startsAt,
        endsAt: shift.endsAt,
        createdAt: contextNow(),
        ...more,
      } as never,
    ]);
    await recordAudit({ action: 'assignments/create', subjectType: 'Assignment', subjectId: _id, to: state });
    return (await AssignmentModel.findById(_id).lean()) as AssignmentRow;
  }

  /**
   * Hands a freed seat to the first in line, who keeps it until the deadline; gives it back to all when nobody waits.
   * @returns whether somebody was asked
   */
  async function passSeatOn(positionId: Types.ObjectId): Promise<boolean> {
    const place = await shifts.position(positionId);
    if (!place) return false;
    const { settings } = await tenants.current();
    const dueAt = answerBy({
      now: contextNow(),
      startsAt: place.shift.startsAt,
      offerMinutes: settings.offerMinutes,
    });
    const waiting = await AssignmentModel.find({ positionId, state: 'waitlisted' })
      .sort({ waitSeq: 1 })
      .limit(1)
      .lean();
    const next = nextInLine(waiting);
    if (!next || !dueAt || place.shift.state !== 'published') {
      await shifts.releaseSeat(positionId);
      return false;
    }
    const offer = await offers.open({
      subjectType: 'position',
      subjectId: positionId,
      unitId: next.unitId,
      assignmentId: next._id,
      personId: next.personId,
      origin: 'waitlist',
      holdsSeat: true,
      dueAt,
      note: '',
    });
    await transition(AssignmentModel, next._id, {
      lifecycle: assignmentLifecycle,
      from: ['waitlisted'],
      to: 'offered',
      action: 'assignments/move-up',
      set: { offerId: offer._id },
    });
    await addMessage({
      kind: 'assignments/moved-up',
      subjectId: next._id,
      data: { offerId: String(offer._id) },
      dedupeKey: `moved-up:${String(offer._id)}`,
      expiresAt: dueAt,
    });
    return true;
  }

  const leave = async (
    row: AssignmentRow,
    to: string,
    reason: string | null,
    action: AuditAction,
  ): Promise<AssignmentRow> => (await giveUp(row, to, reason, action)).after;

  /** @returns the row afterwards, and whether the next in line was asked */
  async function giveUp(
    row: AssignmentRow,
    to: string,
    reason: string | null,
    action: AuditAction,
  ): Promise<{ after: AssignmentRow; passedOn: boolean }> {
    const seated = (SEATED_STATES as readonly string[]).includes(row.state);
    const offer = row.offerId ? await offers.row(row.offerId) : null;
    const held = offer?.state === 'open' && offer.holdsSeat;
    if (offer?.state === 'open')
      await offers.close(offer._id, to === 'declined' ? 'declined' : 'withdrawn', reason);
    const after = await transition(AssignmentModel, row._id, {
      lifecycle: assignmentLifecycle,
      from: [row.state],
      to,
      reason,
      action,
      set: { offerId: null, waitSeq: null },
    });
    if (seated) await unbookPersonDays(String(row.personId), row._id, row);
    return { after, passedOn: seated || held ? await passSeatOn(row.positionId) : false };
  }

  async function offerOne(
    place: { position: PositionRow; shift: ShiftRow },
    handle: string,
    personId: string | null,
    { dueAt, note, origin }: Pick<OfferRow, 'dueAt' | 'note' | 'origin'>,
  ): Promise<OfferOutcome> {
    const refuse = (refusal: string): OfferOutcome => ({ handle, assignmentId: null, refusal });
    if (!personId) return refuse('not-findable');
    const known = await AssignmentModel.findOne({
      positionId: place.position._id,
      personId: new Types.ObjectId(personId),
      state: { $in: [...LIVE_STATES] },
    }).lean();
    if (known) return refuse('already-signed-up');
    const bookings = await lockPersonWeeks(personId, place.shift);
    const reasons = await matching.refusalsFor({
      ...place,
      personId,
      bookings,
      tenant: await tenants.current(),
    });
    if (reasons.length > 0) return refuse('does-not-fit');
    const membership = await memberships.approvedOf(personId);
    const row = await insert(
      place,
      {
        id: personId,
        name: membership?.personName ?? '',
        membershipId: membership ? String(membership._id) : null,
      },
      'offered',
      { note },
    );
    const offer = await offers.open({
      subjectType: 'position',
      subjectId: place.position._id,
      unitId: row.unitId,
      assignmentId: row._id,
      personId: row.personId,
      origin,
      holdsSeat: false,
      dueAt,
      note,
    });
    await AssignmentModel.updateOne({ _id: row._id }, { $set: { offerId: offer._id } });
    await addMessage({
      kind: 'offers/made',
      subjectId: row._id,
      data: { offerId: String(offer._id) },
      dedupeKey: `offer:${String(offer._id)}`,
      expiresAt: dueAt,
    });
    return { handle, assignmentId: String(row._id), refusal: null };
  }

  return { placeOf, assertFits, seat, welcome, insert, passSeatOn, leave, giveUp, offerOne };
}
