import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound, Unavailable } from '../../core/errors.ts';
import { authorize } from '../../core/policy.ts';
import { hoursLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { AssignmentRow } from '../assignments/index.ts';
import type { CalendarService } from '../calendars/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { lockPersonDays } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { accessHours, createHoursQueries, overlappingHours } from './hours.queries.ts';
import { HoursModel } from './hours.model.ts';
import { canConfirm, canReject, canReverse, canReview, canSpeakFor } from './hours.policy.ts';
import type { HoursRow } from './hours.model.ts';
import {
  CLAIMED_STATES,
  computedTime,
  countedAround,
  countingSpan,
  servedRecord,
  wallSpan,
} from './hours.record.ts';
import type { Counted, ServedShiftFacts } from './hours.record.ts';
import { logFaults } from './hours.rules.ts';
import type { Anomaly } from './anomaly.rules.ts';
import { createHoursDuty } from './hours.duty.ts';
import type { HoursTrust } from './hours.trust.ts';
import { createBackEntries } from './hours.back-entry.ts';
import { createServedHours } from './hours.served.ts';
import { applyToLedger, factsOfRecord, postingOf } from './ledger.service.ts';

export interface LogInput {
  readonly name: string;
  readonly content: string;
  readonly place: string;
  readonly date: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly witness: string;
  /** Where it was done; the member's own unit when null. */
  readonly unitId: string | null;
  /** False keeps it as a draft that only its person sees to. */
  readonly submit: boolean;
}

export interface HoursParts {
  readonly memberships: MembershipService;
  readonly units: UnitService;
  readonly tenants: TenantService;
  /** What the shift of an assignment was; injected, as shifts know nothing of hours. */
  readonly shiftFacts: (shiftId: string) => Promise<ServedShiftFacts>;
  readonly trust: HoursTrust;
  readonly calendars: CalendarService;
}

/** What came of one record of several. */
export interface ApprovalOutcome {
  readonly id: string;
  /** Null when it is posted; else a code. */
  readonly refusal: string | null;
}

export type HoursService = ReturnType<typeof createHoursService>;

export function createHoursService({
  memberships,
  units,
  tenants,
  shiftFacts,
  trust,
  calendars,
}: HoursParts) {
  const duty = createHoursDuty({ calendars, tenants, units });

  async function insert(row: Record<string, unknown> & Pick<HoursRow, 'activity'>): Promise<HoursRow> {
    const _id = new Types.ObjectId();
    const clock = await duty.clockOf(row.activity.endsAt);
    await HoursModel.create([{ _id, ...born('open'), ...row, ...clock, createdAt: contextNow() } as never]);
    await recordAudit({ action: 'hours/open', subjectType: 'HoursRecord', subjectId: _id, to: 'open' });
    return (await HoursModel.findById(_id).lean()) as HoursRow;
  }

  /** Hands the record in; what is worth a second look is held for a reviewer. */
  async function submit(id: Types.ObjectId): Promise<HoursRow> {
    const row = await transition(HoursModel, id, {
      lifecycle: hoursLifecycle,
      from: ['open'],
      to: 'submitted',
      action: 'hours/submit',
    });
    const anomalies = await trust.anomalies(row);
    return anomalies.length === 0 ? row : hold(row, anomalies);
  }

  const hold = (row: HoursRow, anomalies: readonly Anomaly[]): Promise<HoursRow> =>
    transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['submitted'],
      to: 'under_check',
      action: 'hours/hold',
      set: { anomalies: [...row.anomalies, ...anomalies] },
      facts: { anomalies: anomalies.map(({ code }) => code) },
    });

  /** Confirms and posts one record, or holds it for who confirms it; facts are read in the caller's transaction. */
  async function approveOne(actor: AccountActor, id: string): Promise<HoursRow> {
    const row = await accessHours(actor, id);
    authorize(canConfirm(actor, row));
    if (row.state === 'under_check') throw new Conflict('held-for-review');
    await assertTrusted(actor, row, 'hours:confirm');
    const anomaly = row.state === 'submitted' ? await trust.approverAnomaly(actor, row) : null;
    return anomaly ? hold(row, [anomaly]) : postOne(actor, row, null);
  }

  async function assertTrusted(
    actor: AccountActor,
    row: HoursRow,
    by: 'hours:confirm' | 'hours:review',
  ): Promise<void> {
    const refusal = await trust.whyNot(actor, row, by);
    if (refusal) throw new Forbidden(refusal);
  }

  /** Approves and posts; everything that could stand against it was asked. */
  async function postOne(actor: AccountActor, row: HoursRow, reason: string | null): Promise<HoursRow> {
    const personId = String(row.personId);
    if (row.recordedMinutes <= 0) throw new Conflict('nothing-to-post');
    const [from, to] = [row.servedFrom, row.servedTo];
    await lockPersonDays(personId, { startsAt: from, endsAt: to });
    if ((await overlappingHours(row.personId, { from, to }, ['posted'], row._id)).length > 0)
      throw new Conflict('overlaps-recorded');
    const { zone } = await tenants.current();
    await transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['submitted', 'under_check', 'appealed'],
      to: 'approved',
      reason,
      action: 'hours/approve',
      set: {
        confirmedBy: new Types.ObjectId(actor.accountId),
        confirmedByPersonId: new Types.ObjectId(actor.personId),
        late: await duty.isLate(row),
        remindAt: null,
      },
    });
    await applyToLedger(postingOf(row), factsOfRecord(row, zone));
    const after = await transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['approved'],
      to: 'posted',
      action: 'hours/post',
      set: { postedAt: contextNow() },
    });
    await addMessage({
      kind: 'hours/confirmed',
      subjectId: row._id,
      dedupeKey: `hours-confirmed:${String(row._id)}:${after.version}`,
    });
    return after;
  }

  async function rejectOne(actor: AccountActor, row: HoursRow, reason: string): Promise<HoursRow> {
    const after = await transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['submitted', 'under_check', 'appealed'],
      to: 'rejected',
      reason,
      action: 'hours/reject',
      set: {
        rejectionReason: reason,
        remindAt: null,
        confirmedBy: new Types.ObjectId(actor.accountId),
        confirmedByPersonId: new Types.ObjectId(actor.personId),
      },
    });
    await addMessage({
      kind: 'hours/rejected',
      subjectId: row._id,
      dedupeKey: `hours-rejected:${String(row._id)}:${after.version}`,
    });
    return after;
  }

  return {
    ...createHoursQueries({ memberships, tenants }),
    ...createBackEntries({ memberships, units, tenants, insert, submit }),
    ...createServedHours({ units, tenants, shiftFacts }),
    access: accessHours,
    dueToRemind: duty.dueToRemind,
    remind: duty.remind,

    /** The system's part after a check-out: one record for the assignment, submitted for somebody's confirmation. */
    async openFromAssignment(assignment: AssignmentRow): Promise<void> {
      await inTransaction(async () => {
        const { checkIn, checkOut } = assignment;
        if (!checkIn || !checkOut || !assignment.membershipId) return;
        if (await HoursModel.exists({ assignmentId: assignment._id })) return;
        const shift = await shiftFacts(String(assignment.shiftId));
        const { name } = await units.get(String(assignment.unitId));
        const { locale, settings } = await tenants.current();
        const counted = await countedElsewhere(assignment, shift);
        const { _id } = await insert(
          servedRecord({ ...assignment, checkIn, checkOut }, shift, {
            unitName: name[locale],
            roundToMinutes: settings.roundToMinutes,
            counted,
          }),
        );
        await submit(_id);
      });
    },

    /** The unit that a log is for unless another is chosen. */
    async unitOf(actor: AccountActor): Promise<string | null> {
      const membership = await memberships.approvedOf(actor.personId);
      return membership ? String(membership.unitId) : null;
    },

    /** The volunteer's own entry for service that nobody scheduled: grade `self`. */
    async log(actor: AccountActor, input: LogInput): Promise<HoursRow> {
      return inTransaction(async () => {
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        const { zone, locale, settings } = await tenants.current();
        const span = wallSpan(input, zone);
        const { from, to } = span;
        const bookings = await lockPersonDays(actor.personId, { startsAt: from, endsAt: to });
        const others = await overlappingHours(membership.personId, span, CLAIMED_STATES);
        const faults = logFaults(span, {
          now: contextNow(),
          memberSince: membership.createdAt,
          others: others.map((row) => ({ from: row.servedFrom, to: row.servedTo })),
          booked: bookings.map((booking) => ({ from: booking.startsAt, to: booking.endsAt })),
        });
        if (faults.length > 0) throw new Invalid(faults);
        const unit = await units.get(input.unitId ?? String(membership.unitId)).catch((err: unknown) => {
          if (err instanceof NotFound) throw Invalid.field('unitId', 'invalid-id');
          throw err;
        });
        const row = await insert({
          personId: membership.personId,
          membershipId: membership._id,
          personName: membership.personName,
          unitId: new Types.ObjectId(unit.id),
          activity: {
            name: input.name,
            content: input.content,
            place: input.place,
            startsAt: from,
            endsAt: to,
            unitName: unit.name[locale],
            leaderName: '',
          },
          grade: 'self',
          witness: input.witness,
          ...computedTime({ planned: span, attended: span, breakMinutes: 0 }, settings.roundToMinutes),
        });
        return input.submit ? submit(row._id) : row;
      });
    },

    /** The volunteer hands in a draft of their own. */
    async submit(actor: AccountActor, id: string): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await accessHours(actor, id);
        authorize(canSpeakFor(actor, row));
        return submit(row._id);
      });
    },

    approve: (actor: AccountActor, id: string): Promise<HoursRow> =>
      inTransaction(() => approveOne(actor, id)),

    /** Each record in a transaction of its own: one refusal does not hold up the others. */
    async approveMany(actor: AccountActor, ids: readonly string[]): Promise<ApprovalOutcome[]> {
      const outcomes: ApprovalOutcome[] = [];
      for (const id of ids) {
        try {
          const after = await inTransaction(() => approveOne(actor, id));
          outcomes.push({ id, refusal: after.state === 'posted' ? null : 'held-for-review' });
        } catch (err) {
          const refused =
            err instanceof NotFound ||
            err instanceof Forbidden ||
            err instanceof Conflict ||
            err instanceof Unavailable;
          if (!refused) throw err;
          outcomes.push({ id, refusal: err.code });
        }
      }
      return outcomes;
    },

    async reject(actor: AccountActor, id: string, reason: string): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await accessHours(actor, id);
        authorize(canReject(actor, row));
        if (row.state === 'under_check') throw new Conflict('held-for-review');
        return rejectOne(actor, row, reason);
      });
    },

    /** A reviewer decides what was held, with a reason that stays with the record. */
    async review(
      actor: AccountActor,
      id: string,
      verdict: 'approved' | 'rejected',
      reason: string,
    ): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await accessHours(actor, id);
        authorize(canReview(actor, row));
        if (row.state !== 'under_check') throw new Conflict('wrong-state', { state: row.state });
        if (verdict === 'rejected') return rejectOne(actor, row, reason);
        await assertTrusted(actor, row, 'hours:review');
        return postOne(actor, row, reason);
      });
    },

    /** The volunteer contests a rejection; somebody else answers. */
    async appeal(actor: AccountActor, id: string, reason: string): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await accessHours(actor, id);
        authorize(canSpeakFor(actor, row));
        return transition(HoursModel, row._id, {
          lifecycle: hoursLifecycle,
          from: ['rejected'],
          to: 'appealed',
          reason,
          action: 'hours/appeal',
          set: await duty.appealClock(),
        });
      });
    },

    /** Takes a posting back by a linked reversal. */
    async reverse(actor: AccountActor, id: string, reason: string): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await accessHours(actor, id);
        authorize(canReverse(actor, row));
        const { zone } = await tenants.current();
        const after = await transition(HoursModel, row._id, {
          lifecycle: hoursLifecycle,
          from: ['posted'],
          to: 'reversed',
          reason,
          action: 'hours/reverse',
        });
        const command = { kind: 'reverse', recordId: String(row._id) } as const;
        await applyToLedger(command, factsOfRecord(row, zone), reason);
        return after;
      });
    },
  };
}

/** Where other service of the person counts already; facts are read under the lock on their days. */
async function countedElsewhere(assignment: AssignmentRow, plan: ServedShiftFacts): Promise<Counted> {
  const span = countingSpan(plan);
  await lockPersonDays(String(assignment.personId), { startsAt: span.from, endsAt: span.to });
  return countedAround(await overlappingHours(assignment.personId, span, CLAIMED_STATES), plan.startsAt);
}
