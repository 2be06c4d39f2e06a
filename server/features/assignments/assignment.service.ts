import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { AppError, Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { assignmentLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { Finding, MatchingService } from '../matching/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { answerBy, nextInLine } from '../offers/index.ts';
import type { OfferRow, OfferService } from '../offers/index.ts';
import { bookPersonDays, lockPersonWeeks, unbookPersonDays } from '../people/index.ts';
import type { PositionRow, ShiftRow, ShiftService } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { readAhead } from './ahead.ts';
import type { Ahead } from './ahead.ts';
import { followMoves } from './assignment.moves.ts';
import type { OfferRef } from './offer-link.ts';
import { heldAround, warningsFor, withNames } from './neighbours.ts';
import { createReplacement } from './replacement.ts';
import { AssignmentModel, ELSEWHERE_STATES, LIVE_STATES, SEATED_STATES } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';

const OWN_SORT: readonly SortKey[] = [
  ['startsAt', -1],
  ['_id', -1],
];

const OWN_EVERYWHERE = 'assignments: what a person is asked for, in whatever tenant';
/** More offers and places ahead than a person could want to read. */
const MOST_EVERYWHERE = 60;

export interface AssignmentParts {
  readonly shifts: ShiftService;
  readonly offers: OfferService;
  readonly matching: MatchingService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
}

/** What came of one offer of several. */
export interface OfferOutcome {
  readonly handle: string;
  readonly assignmentId: string | null;
  /** Null when the offer is open; else a code. */
  readonly refusal: string | null;
}

/** What came of one place of several that somebody asked for in one go. */
export interface SignUpOutcome {
  readonly positionId: string;
  readonly row: AssignmentRow | null;
  /** Null when it worked; else a code, with the reasons behind it. */
  readonly refusal: string | null;
  readonly reasons: readonly Finding[];
}

/** Signing up and answering change the position's counters: one name, so that both stand in one line. */
export const queueOfPosition = (positionId: string): string => `position:${positionId}`;

export type AssignmentService = ReturnType<typeof createAssignmentService>;

export function createAssignmentService({
  shifts,
  offers,
  matching,
  memberships,
  tenants,
  units,
}: AssignmentParts) {
  /** One's own, or one that somebody with the permission may see; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<AssignmentRow> {
    const row = isId(id) ? await AssignmentModel.findById(id).lean() : null;
    const own = row !== null && actor.kind === 'account' && String(row.personId) === actor.personId;
    if (!row || (!own && !can(actor, 'assignments:see', String(row.unitId)))) throw new NotFound();
    return row;
  }

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
    options: { from: string[]; action: string; set?: Record<string, unknown> },
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
    action: string,
  ): Promise<AssignmentRow> => (await giveUp(row, to, reason, action)).after;

  /** @returns the row afterwards, and whether the next in line was asked */
  async function giveUp(
    row: AssignmentRow,
    to: string,
    reason: string | null,
    action: string,
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
        await shifts.releaseSeat(row.positionId);
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
    access,
    placeOf,
    replaceAfter: replacement.replaceAfter,

    /**
     * Frees every place ahead that a person has or asked for, in whatever organisation; the next in line come up. Inside
     * the caller's transaction.
     */
    async releaseAhead(personId: string, reason: string): Promise<void> {
      requireTransaction('Freeing places');
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
          await addMessage({
            kind: 'assignments/requested',
            subjectId: row._id,
            dedupeKey: `requested:${String(row._id)}`,
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

    /** What the person should know of their other places around each of these shifts; by the shift's id. */
    async warningsAround(
      personId: string,
      around: readonly ShiftRow[],
      except: string | null = null,
    ): Promise<Map<string, Finding[]>> {
      const held = await heldAround(personId, around, shifts);
      return new Map(around.map((shift) => [String(shift._id), warningsFor(shift, held, except)]));
    },

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

    /** The volunteer says yes to an offer; everything is judged anew. */
    async accept(actor: AccountActor, id: string): Promise<AssignmentRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
        if (row.state !== 'offered' || !row.offerId) throw new Conflict('wrong-state', { state: row.state });
        const offer = await offers.row(row.offerId);
        if (!offer || offer.state !== 'open' || offer.dueAt <= contextNow()) throw new Conflict('offer-over');
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
        const row = await access(actor, id);
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
        const row = await access(actor, id);
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
        const row = await access(actor, id);
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

    /** One's own, newest first. */
    async own(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<AssignmentRow>> {
      const rows = await AssignmentModel.find({
        personId: new Types.ObjectId(actor.personId),
        ...afterCursor(OWN_SORT, cursor),
      } as never)
        .sort(sortOf(OWN_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.startsAt, row._id]);
    },

    /**
     * One's own open offers in every tenant, and the places one has in others than that of the acting membership,
     * soonest first. Rows carry their tenant; words about them are read inside it.
     */
    async everywhere(actor: AccountActor): Promise<AssignmentRow[]> {
      const rows = await acrossTenants(OWN_EVERYWHERE, () =>
        AssignmentModel.find({
          personId: new Types.ObjectId(actor.personId),
          state: { $in: [...ELSEWHERE_STATES] },
          endsAt: { $gt: contextNow() },
        })
          .sort({ endsAt: 1 })
          .limit(MOST_EVERYWHERE)
          .hint('ahead')
          .lean(),
      );
      const here = actor.membership?.tenantId ?? null;
      return rows.filter((row) => row.state === 'offered' || String(row.tenantId) !== here);
    },

    /** One's own, in whatever tenant. @throws NotFound */
    async ownAnywhere(actor: AccountActor, id: string): Promise<AssignmentRow> {
      const row = await acrossTenants(OWN_EVERYWHERE, () =>
        AssignmentModel.findOne({
          _id: new Types.ObjectId(id),
          personId: new Types.ObjectId(actor.personId),
        }).lean(),
      );
      if (!row) throw new NotFound();
      return row;
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

    /** What is ahead of the person in the current tenant and still alive, soonest first. */
    async upcoming(personId: string, limit: number): Promise<Ahead[]> {
      const tenantId = requireTenantId();
      const now = contextNow();
      return (await readAhead(personId))
        .filter((row) => String(row.tenantId) === tenantId && row.state !== 'excused' && row.endsAt > now)
        .slice(0, limit);
    },
    ahead: readAhead,

    /** Everybody of a shift, for its coordinator. */
    async ofShift(actor: Actor, shiftId: string): Promise<{ shift: ShiftRow; rows: AssignmentRow[] }> {
      const shift = await shifts.access(actor, shiftId, 'assignments:see');
      return {
        shift,
        rows: await AssignmentModel.find({ shiftId: shift._id })
          .sort({ personName: 1, _id: 1 })
          .limit(2_000)
          .lean(),
      };
    },

    /** How far down the line those are who wait in one: 1 is next. By the row's id, in one read. */
    async placesInLine(
      rows: readonly Pick<AssignmentRow, '_id' | 'state' | 'positionId' | 'waitSeq'>[],
    ): Promise<Map<string, number>> {
      const waiting = rows.filter((row) => row.state === 'waitlisted' && row.waitSeq !== null);
      if (waiting.length === 0) return new Map();
      const line = await AssignmentModel.find({
        positionId: { $in: waiting.map((row) => row.positionId) },
        state: 'waitlisted',
      })
        .select({ positionId: 1, waitSeq: 1 })
        .lean();
      const byPosition = Map.groupBy(line, (row) => String(row.positionId));
      return new Map(
        waiting.map((row) => [
          String(row._id),
          (byPosition.get(String(row.positionId)) ?? []).filter(
            (other) => (other.waitSeq ?? 0) <= (row.waitSeq ?? 0),
          ).length,
        ]),
      );
    },

    /** The line in which answers to this assignment wait for each other: its position's. Says nothing of who may answer. */
    async queueOf(id: string): Promise<string | null> {
      const row = await acrossTenants('assignments: the line an answer waits in', () =>
        AssignmentModel.findById(id).select({ positionId: 1 }).lean(),
      );
      return row && queueOfPosition(String(row.positionId));
    },

    /** One legal step, for the features that run the day; inside their transaction. */
    move(
      row: AssignmentRow,
      step: { from: string[]; to: string; action: string; set?: Record<string, unknown>; reason?: string },
    ): Promise<AssignmentRow> {
      return transition(AssignmentModel, row._id, { lifecycle: assignmentLifecycle, ...step });
    },

    /** Everybody who has a place at the shift, for what runs its day; whoever asks was let in before. */
    atShift: (shiftId: Types.ObjectId): Promise<AssignmentRow[]> =>
      AssignmentModel.find({ shiftId, state: { $in: [...SEATED_STATES] } })
        .limit(2_000)
        .lean(),

    /** What ended within the last hours and was not closed: somebody may still check out, or `expected` have come. */
    async recentlyOver(personId: string, expected = false): Promise<AssignmentRow[]> {
      const at = contextNow();
      return AssignmentModel.find({
        personId: new Types.ObjectId(personId),
        state: { $in: expected ? ['checked_in', 'accepted', 'confirmed'] : ['checked_in'] },
        endsAt: { $lte: at, $gt: new Date(at.getTime() - 6 * 3_600_000) },
      }).lean();
    },

    /** For the sweep: rows of any tenant that nobody closed so long after the end. */
    async dueToClose({
      now,
      limit,
      except,
      afterMinutes,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
      afterMinutes: number;
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await AssignmentModel.find({
        state: { $in: ['accepted', 'confirmed', 'checked_in'] },
        endsAt: { $lte: new Date(now.getTime() - afterMinutes * 60_000) },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ endsAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    row: async (id: string | Types.ObjectId): Promise<AssignmentRow | null> =>
      AssignmentModel.findById(id).lean(),

    rows: async (ids: readonly string[]): Promise<AssignmentRow[]> =>
      AssignmentModel.find({ _id: { $in: ids } }).lean(),
  };

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
}
