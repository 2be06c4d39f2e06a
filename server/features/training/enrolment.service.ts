import { Types } from 'mongoose';
import { can } from '../../core/actor.ts';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { trainingLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow, transition, wayAlong } from '../../db/transition.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { answerBy } from '../offers/index.ts';
import type { OfferRow, OfferService } from '../offers/index.ts';
import { bookPersonDays, unbookPersonDays } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { CourseService } from './course.service.ts';
import { createAdmission } from './enrolment.admission.ts';
import { EnrolmentModel } from './enrolment.model.ts';
import type { EnrolmentRow } from './enrolment.model.ts';
import { createEnrolmentReading } from './enrolment.reading.ts';
import type { SessionRow } from './session.model.ts';
import type { SessionService } from './session.service.ts';
import { AHEAD_STATES, LIVE_STATES } from './training.catalogue.ts';

const AHEAD: readonly string[] = AHEAD_STATES;
/** An invitation to learn is answered in days, not hours. */
export const INVITATION_MINUTES = 3 * 24 * 60;
const oid = (id: string): Types.ObjectId => new Types.ObjectId(id);

export interface EnrolmentParts {
  readonly courses: CourseService;
  readonly sessions: SessionService;
  readonly offers: OfferService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
}

/** What came of one invitation of several. */
export interface InviteOutcome {
  readonly personId: string;
  readonly enrolmentId: string | null;
  readonly refusal: string | null;
}

export type EnrolmentService = ReturnType<typeof createEnrolmentService>;

/** Who comes to a session: signing up, invitations, the line, leaving. */
export function createEnrolmentService({ courses, sessions, offers, memberships, tenants }: EnrolmentParts) {
  /** One's own, or one of a session that the actor runs; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<EnrolmentRow> {
    const row = isId(id) ? await EnrolmentModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    if (actor.kind === 'account' && String(row.personId) === actor.personId) return row;
    try {
      await sessions.accessToRun(actor, String(row.sessionId));
    } catch {
      throw new NotFound();
    }
    return row;
  }

  /** One of somebody else, for whoever plans the session. @throws Forbidden for one's own */
  async function accessToPlan(
    actor: AccountActor,
    id: string,
  ): Promise<{ row: EnrolmentRow; session: SessionRow }> {
    const row = await access(actor, id);
    if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
    return { row, session: await sessions.accessToPlan(actor, String(row.sessionId)) };
  }

  /** What was asked of a member is not given to whoever is suspended meanwhile. @throws Conflict */
  async function assertMember({ personId }: EnrolmentRow): Promise<void> {
    if (!(await memberships.approvedOf(personId))) throw new Conflict('members-only');
  }

  const { refusalsFor, obstaclesFor, isBusy, assertMayCome } = createAdmission({ courses, tenants });

  const tell = (row: EnrolmentRow, what: string, more: Record<string, string> = {}): Promise<unknown> =>
    addMessage({
      kind: 'training/news',
      subjectId: row._id,
      data: { what, ...more },
      dedupeKey: `training:${what}:${String(row._id)}:${row.version}`,
    });

  const step = (
    row: EnrolmentRow,
    to: string,
    action: AuditAction,
    more: { set?: Record<string, unknown>; reason?: string | null } = {},
  ): Promise<EnrolmentRow> =>
    transition(EnrolmentModel, row._id, {
      lifecycle: trainingLifecycle,
      from: [row.state],
      to,
      action,
      ...more,
    });

  async function insert(
    session: SessionRow,
    member: MembershipRow,
    states: readonly string[],
    more: Record<string, unknown> = {},
  ): Promise<EnrolmentRow> {
    const _id = new Types.ObjectId();
    const state = states.at(-1) ?? 'applied';
    await EnrolmentModel.create([
      {
        _id,
        state,
        version: states.length,
        history: wayAlong(trainingLifecycle, null, states),
        sessionId: session._id,
        courseId: session.courseId,
        unitId: session.unitId,
        personId: member.personId,
        membershipId: member._id,
        personName: member.personName,
        startsAt: session.startsAt,
        endsAt: session.endsAt,
        createdAt: contextNow(),
        ...more,
      } as never,
    ]);
    await recordAudit({ action: 'training/enrol', subjectType: 'Enrolment', subjectId: _id, to: state });
    return (await EnrolmentModel.findById(_id).lean()) as EnrolmentRow;
  }

  const book = (row: EnrolmentRow): Promise<void> =>
    bookPersonDays(String(row.personId), {
      assignmentId: row._id,
      tenantId: row.tenantId,
      startsAt: row.startsAt,
      endsAt: row.endsAt,
    });

  /** An approved person gets a seat where there is one, a place in line where there is none. */
  async function place(approved: EnrolmentRow, seatHeld: boolean): Promise<EnrolmentRow> {
    if (seatHeld || (await sessions.reserveSeat(approved.sessionId))) {
      await book(approved);
      const after = await step(approved, 'enrolled', 'training/enrol', { set: { waitSeq: null } });
      await tell(after, 'enrolled');
      return after;
    }
    const after = await step(approved, 'waitlisted', 'training/wait', {
      set: { waitSeq: await sessions.nextWaitSeq(approved.sessionId) },
    });
    await tell(after, 'waitlisted');
    return after;
  }

  async function openOffer(
    row: EnrolmentRow,
    session: SessionRow,
    origin: 'coordinator' | 'waitlist',
    note: string,
  ): Promise<OfferRow | null> {
    const dueAt = answerBy({
      now: contextNow(),
      startsAt: session.startsAt,
      offerMinutes: INVITATION_MINUTES,
    });
    if (!dueAt) return null;
    return offers.open({
      subjectType: 'session',
      subjectId: session._id,
      unitId: session.unitId,
      enrolmentId: row._id,
      personId: row.personId,
      origin,
      holdsSeat: origin === 'waitlist',
      dueAt,
      note,
    });
  }

  /** The first in line who is a member now: whoever is suspended keeps their turn, but gets no seat. */
  async function firstInLine(sessionId: Types.ObjectId): Promise<EnrolmentRow | null> {
    for (let after = 0; ;) {
      const row = await EnrolmentModel.findOne({ sessionId, state: 'waitlisted', waitSeq: { $gt: after } })
        .sort({ waitSeq: 1 })
        .lean();
      if (!row || (await memberships.approvedOf(row.personId))) return row;
      after = row.waitSeq ?? after;
    }
  }

  /** Hands a freed seat to the first in line, who keeps it until the deadline; gives it back when nobody waits. */
  async function passSeatOn(sessionId: Types.ObjectId): Promise<void> {
    const session = await sessions.row(sessionId);
    const next = session.state === 'published' ? await firstInLine(sessionId) : null;
    const offer = next ? await openOffer(next, session, 'waitlist', '') : null;
    if (!next || !offer) return sessions.releaseSeat(sessionId);
    const after = await step(next, 'invited', 'training/move-up', { set: { offerId: offer._id } });
    await tell(after, 'moved-up');
  }

  /** Takes somebody out, whatever they were: frees time and seat, closes an open offer, lets the next one come up. */
  async function leave(
    row: EnrolmentRow,
    reason: string | null,
    action: AuditAction,
    offerEnd: 'declined' | 'withdrawn' | null,
  ): Promise<EnrolmentRow> {
    const offer = row.offerId ? await offers.row(row.offerId) : null;
    const held = row.state === 'invited' && (offer?.holdsSeat ?? false);
    if (offer?.state === 'open' && offerEnd) await offers.close(offer._id, offerEnd, reason);
    const after = await step(row, 'cancelled', action, { reason, set: { offerId: null, waitSeq: null } });
    if (row.state === 'enrolled') await unbookPersonDays(String(row.personId), row._id, row);
    if (row.state === 'enrolled' || held) await passSeatOn(row.sessionId);
    return after;
  }

  /** Asks one member to come, with the reasons they may read; a refusal says why not. */
  async function ask(
    session: SessionRow,
    member: MembershipRow,
    note: string,
    why: EnrolmentRow['why'],
  ): Promise<InviteOutcome> {
    const personId = String(member.personId);
    const refuse = (refusal: string): InviteOutcome => ({ personId, enrolmentId: null, refusal });
    const known = await EnrolmentModel.exists({
      sessionId: session._id,
      personId: member.personId,
      state: { $in: [...LIVE_STATES] },
    });
    if (known) return refuse('already-signed-up');
    const [reason] = await refusalsFor(session, personId);
    if (reason || (await isBusy(session, personId))) return refuse(reason?.code ?? 'overlapping-time');
    const row = await insert(session, member, ['invited'], { why });
    const offer = await openOffer(row, session, 'coordinator', note);
    if (!offer) throw new Conflict('too-late-to-offer');
    await EnrolmentModel.updateOne({ _id: row._id }, { $set: { offerId: offer._id } });
    await tell(row, 'invited');
    return { personId, enrolmentId: String(row._id), refusal: null };
  }

  offers.onExpired('session', async (offer) => {
    const row = offer.enrolmentId ? await EnrolmentModel.findById(offer.enrolmentId).lean() : null;
    if (!row || row.state !== 'invited' || String(row.offerId) !== String(offer._id)) return;
    const after = await leave(row, 'expired', 'training/expire', null);
    await tell(after, 'expired');
  });

  sessions.onCancelled(async (session, reason) => {
    const rows = await EnrolmentModel.find({ sessionId: session._id, state: { $in: [...AHEAD] } }).lean();
    for (const row of rows) {
      const after = await leave(row, reason, 'training/cancel', 'withdrawn');
      await tell(after, 'cancelled');
    }
  });

  sessions.onMoved(async (session) => {
    const rows = await EnrolmentModel.find({ sessionId: session._id, state: { $in: [...AHEAD] } }).lean();
    let busy = 0;
    for (const row of rows) {
      if (row.state === 'enrolled') await unbookPersonDays(String(row.personId), row._id, row);
      if (row.state === 'enrolled' && (await isBusy(session, String(row.personId)))) busy += 1;
      const after = await editRow(EnrolmentModel, row._id, {
        version: row.version,
        set: { startsAt: session.startsAt, endsAt: session.endsAt },
        action: 'training/follow-move',
      });
      if (row.state === 'enrolled') await book(after);
      await tell(after, 'moved');
    }
    if (busy > 0) throw new Conflict('people-busy-then', { count: busy });
  });

  async function own(actor: AccountActor, id: string): Promise<EnrolmentRow> {
    const row = await access(actor, id);
    if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
    return row;
  }

  return {
    ...createEnrolmentReading({ courses, sessions, offers, tenants }),
    access,
    obstaclesFor,
    tell,
    step,

    /** The person signs up: a seat where there is one, a place in line where there is none, a question where an officer decides. */
    async signUp(actor: AccountActor, sessionId: string): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const session = await sessions.access(actor, sessionId);
        const member = await memberships.approvedOf(actor.personId);
        if (!member) throw new Forbidden('members-only');
        const existing = await EnrolmentModel.findOne({
          sessionId: session._id,
          personId: member.personId,
          state: { $in: [...LIVE_STATES] },
        }).lean();
        if (existing) throw new Conflict('already-signed-up', { state: existing.state });
        await assertMayCome(session, actor.personId);
        if (session.admission === 'approval') return insert(session, member, ['applied']);
        if (await sessions.reserveSeat(session._id)) {
          const row = await insert(session, member, ['applied', 'approved', 'enrolled']);
          await book(row);
          await tell(row, 'enrolled');
          return row;
        }
        const row = await insert(session, member, ['applied', 'approved', 'waitlisted'], {
          waitSeq: await sessions.nextWaitSeq(session._id),
        });
        await tell(row, 'waitlisted');
        return row;
      });
    },

    /** Asks these members to come; one refusal does not stop the others. Nobody is enrolled who did not say yes. */
    async invite(
      actor: AccountActor,
      sessionId: string,
      personIds: readonly string[],
      note: string,
    ): Promise<InviteOutcome[]> {
      return inTransaction(async () => {
        const session = await sessions.accessToPlan(actor, sessionId);
        if (session.state !== 'published') throw new Conflict('wrong-state', { state: session.state });
        const outcomes: InviteOutcome[] = [];
        for (const personId of new Set(personIds)) {
          const refuse = (refusal: string): void =>
            void outcomes.push({ personId, enrolmentId: null, refusal });
          if (personId === actor.personId) {
            refuse('not-your-own');
            continue;
          }
          const member = await memberships.approvedOf(personId);
          if (!member || !can(actor, 'training:plan', String(member.unitId))) {
            refuse('not-found');
            continue;
          }
          outcomes.push(await ask(session, member, note, []));
        }
        return outcomes;
      });
    },

    /** Asks whom a plan proposes, each with why. Inside the caller's transaction; whoever left meanwhile is not asked. */
    async inviteProposed(
      session: SessionRow,
      proposed: readonly { readonly personId: Types.ObjectId; readonly why: EnrolmentRow['why'] }[],
    ): Promise<InviteOutcome[]> {
      const outcomes: InviteOutcome[] = [];
      for (const { personId, why } of proposed) {
        const member = await memberships.approvedOf(personId);
        outcomes.push(
          member
            ? await ask(session, member, '', why)
            : { personId: String(personId), enrolmentId: null, refusal: 'not-found' },
        );
      }
      return outcomes;
    },

    /** The person says yes to an invitation; everything is judged anew. */
    async accept(actor: AccountActor, id: string): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const row = await own(actor, id);
        if (row.state !== 'invited' || !row.offerId) throw new Conflict('wrong-state', { state: row.state });
        const offer = await offers.row(row.offerId);
        if (!offer || offer.state !== 'open' || offer.dueAt <= contextNow()) throw new Conflict('offer-over');
        const session = await sessions.row(row.sessionId);
        await assertMember(row);
        // Whoever was asked was asked in time: the deadline for signing up is not theirs.
        await assertMayCome({ ...session, enrolUntil: session.startsAt }, actor.personId);
        await offers.close(offer._id, 'accepted');
        const approved = await step(row, 'approved', 'training/accept', { set: { offerId: null } });
        return place(approved, offer.holdsSeat);
      });
    },

    async decline(actor: AccountActor, id: string, reason: string): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const row = await own(actor, id);
        if (row.state !== 'invited') throw new Conflict('wrong-state', { state: row.state });
        return leave(row, reason || null, 'training/decline', 'declined');
      });
    },

    /** The officer says yes to an application; never to one's own. */
    async approve(actor: AccountActor, id: string): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const { row, session } = await accessToPlan(actor, id);
        if (row.state !== 'applied') throw new Conflict('wrong-state', { state: row.state });
        await assertMember(row);
        await assertMayCome({ ...session, enrolUntil: session.startsAt }, String(row.personId));
        return place(await step(row, 'approved', 'training/approve'), false);
      });
    },

    /** Either side calls it off before it begins; the seat goes to the first in line. */
    async cancel(actor: AccountActor, id: string, reason: string): Promise<EnrolmentRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        const mine = String(row.personId) === actor.personId;
        if (!mine) await accessToPlan(actor, id);
        if (!AHEAD.includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
        if (row.startsAt <= contextNow()) throw new Conflict('session-started');
        const after = await leave(row, reason || null, 'training/cancel', mine ? 'declined' : 'withdrawn');
        if (!mine) await tell(after, 'cancelled');
        return after;
      });
    },

    /** Reminds whoever has a place in the session, each once for each time at which it was to begin. */
    async remind(sessionId: string): Promise<void> {
      await inTransaction(async () => {
        const session = await sessions.takeReminder(sessionId);
        if (!session) return;
        const rows = await EnrolmentModel.find({ sessionId: session._id, state: 'enrolled' })
          .select({ _id: 1 })
          .lean();
        for (const { _id } of rows)
          await addMessage({
            kind: 'training/news',
            subjectId: _id,
            data: { what: 'reminded' },
            dedupeKey: `training:reminded:${String(_id)}:${session.startsAt.getTime()}`,
          });
      });
    },

    /** Frees every seat ahead of a person in the current organisation. Inside the caller's transaction. */
    async releaseHere(personId: string, reason: string): Promise<void> {
      const rows = await EnrolmentModel.find({
        personId: oid(personId),
        state: { $in: [...AHEAD] },
        endsAt: { $gt: contextNow() },
      }).lean();
      for (const row of rows) await leave(row, reason, 'training/release', 'withdrawn');
    },

    /** Frees every seat ahead of a person who leaves, in whatever organisation. Inside the caller's transaction. */
    async releaseAhead(personId: string, reason: string): Promise<void> {
      const places = await acrossTenants('training: where one person has seats ahead', () =>
        EnrolmentModel.distinct('tenantId', {
          personId: oid(personId),
          state: { $in: [...AHEAD] },
          endsAt: { $gt: contextNow() },
        }),
      );
      for (const tenantId of places)
        await asTenant(String(tenantId), () => this.releaseHere(personId, reason));
    },
  };
}
