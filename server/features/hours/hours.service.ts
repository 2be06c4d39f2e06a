import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import { authorize } from '../../core/policy.ts';
import { hoursLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { AssignmentRow } from '../assignments/index.ts';
import type { AttachmentService } from '../attachments/index.ts';
import type { CalendarService } from '../calendars/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { lockPerson, lockPersonDays } from '../people/index.ts';
import type { PeopleService } from '../people/index.ts';
import { givesHours, natureFaults } from '../shifts/index.ts';
import type { Nature } from '../shifts/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { accessHours, createHoursQueries, minutesOfDay, overlappingHours } from './hours.queries.ts';
import { HoursModel } from './hours.model.ts';
import { canReject, canReverse, canReview, canSpeakFor, isForReviewer } from './hours.policy.ts';
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
import { completeActivity, logFaults } from './hours.rules.ts';
import { activityQueries } from './hours.activities.ts';
import { createApprovals } from './hours.approval.ts';
import { createDuty } from './duty.ts';
import { createClaimDuty } from './claim.duty.ts';
import { createClaims } from './claim.service.ts';
import type { ClaimablePlaces } from './claim.service.ts';
import { createCorrections } from './claim.correction.ts';
import { createHoursDuty } from './hours.duty.ts';
import type { HoursTrust } from './hours.trust.ts';
import { createBackEntries, meeting, stretchOf } from './hours.back-entry.ts';
import type { WithoutHours } from './hours.back-entry.ts';
import { createServedHours } from './hours.served.ts';
import { createStories } from './hours.story.ts';
import { applyToLedger, factsOfRecord } from './ledger.service.ts';
import { holderOf } from './merge.moves.ts';
import { reverseAlong } from './transfer.moves.ts';
import { createYearly } from './yearly.service.ts';

export interface LogInput {
  readonly name: string;
  readonly content: string;
  readonly place: string;
  /** Service area; empty when it is not said. */
  readonly category: string;
  readonly date: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly witness: string;
  /** Where it was done; the member's own unit when null. */
  readonly unitId: string | null;
  /** False keeps it as a draft that only its person sees to. */
  readonly submit: boolean;
  /** Null where the person was asked and did not say; left out, it is volunteer service. */
  readonly nature?: Nature | null | undefined;
}

export interface HoursParts {
  readonly memberships: MembershipService;
  readonly units: UnitService;
  readonly tenants: TenantService;
  /** What the shift of an assignment was; injected, as shifts know nothing of hours. */
  readonly shiftFacts: (shiftId: string) => Promise<ServedShiftFacts>;
  readonly withoutHours: WithoutHours;
  readonly trust: HoursTrust;
  readonly calendars: CalendarService;
  readonly humans: Humans;
  readonly attachments: AttachmentService;
  readonly people: Pick<PeopleService, 'row'>;
  /** Places in shifts that people had; injected, as assignments know them. */
  readonly places: ClaimablePlaces;
  /** Whether the shift was called off; injected, as shifts know it. */
  readonly wasCancelled: (shiftId: string) => Promise<boolean>;
}

export type PostedListener = (rows: readonly HoursRow[], tenant: Tenant) => Promise<void>;
/** Told of the record of a place that somebody left. */
export type ServedListener = (row: HoursRow) => Promise<void>;
export type ReversedListener = (row: HoursRow, reason: string) => Promise<void>;

export type HoursService = ReturnType<typeof createHoursService>;

export function createHoursService(parts: HoursParts) {
  const { memberships, units, tenants, shiftFacts, withoutHours, trust, calendars } = parts;
  const clock = createDuty({ calendars, tenants, units });
  const duty = createHoursDuty({ duty: clock, tenants });

  /** A new record, under its own id or a given one; with the clock of its activity unless it has another. */
  async function insert(
    row: Record<string, unknown> & Pick<HoursRow, 'activity'> & Partial<Pick<HoursRow, '_id'>>,
    clock?: Pick<HoursRow, 'dueOn' | 'remindAt'>,
  ): Promise<HoursRow> {
    const _id = row._id ?? new Types.ObjectId();
    const due = clock ?? (await duty.clockOf(row.activity.endsAt));
    const activity = completeActivity(row.activity);
    await HoursModel.create([
      { ...born('open'), ...row, _id, activity, ...due, createdAt: contextNow() } as never,
    ]);
    await recordAudit({ action: 'hours/open', subjectType: 'HoursRecord', subjectId: _id, to: 'open' });
    return (await HoursModel.findById(_id).lean()) as HoursRow;
  }

  const postedListeners: PostedListener[] = [];
  const servedListeners: ServedListener[] = [];
  const reversedListeners: ReversedListener[] = [];
  const { submit, approve, approveMany, postOne, rejectOne, assertTrusted } = createApprovals({
    trust,
    duty,
    tenants,
    onPosted: async (rows, tenant) => {
      for (const listener of postedListeners) await listener(rows, tenant);
    },
  });

  /** Takes a posting back by a linked reversal, wherever its minutes went since; inside the caller's transaction. */
  async function takeBack(row: HoursRow, reason: string): Promise<HoursRow> {
    const { zone } = await tenants.current();
    const after = await transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['posted', 'moved'],
      to: 'reversed',
      reason,
      action: 'hours/reverse',
    });
    const command = { kind: 'reverse', recordId: String(row._id) } as const;
    const tell = async (one: HoursRow): Promise<void> => {
      for (const listener of reversedListeners) await listener(one, reason);
    };
    if (row.movedTo) await reverseAlong(after, reason, async (id) => (await tenants.get(id)).zone, tell);
    else await applyToLedger(command, factsOfRecord(row, zone), reason);
    await tell(after);
    return after;
  }

  const claims = createClaims({
    ...parts,
    duty: createClaimDuty({ duty: clock, tenants }),
    corrections: createCorrections({
      tenants,
      units,
      trust,
      shiftFacts,
      withoutHours,
      insert,
      approvals: { submit, postOne },
      takeBack,
    }),
  });

  return {
    /** Claims that recorded hours are wrong or missing. */
    claims,
    /** How members stand to what is asked of a volunteer in a year. */
    yearly: createYearly({ memberships, tenants }),
    ...createHoursQueries({ memberships, tenants }),
    ...activityQueries,
    ...createBackEntries({ memberships, units, tenants, withoutHours, insert, submit }),
    ...createServedHours({ units, tenants, shiftFacts }),
    ...createStories({
      ...parts,
      claimsOf: async (row) => (await claims.ofRecord(row)).map(({ _id }) => _id),
    }),
    access: accessHours,
    /** Told in the transaction that records the service of a place. */
    onServed(listener: ServedListener): void {
      servedListeners.push(listener);
    },
    /** Told in the transaction that posts, of all that it posts. */
    onPosted(listener: PostedListener): void {
      postedListeners.push(listener);
    },
    /** Told in the transaction that takes a posting back, also of what the record had become in another organisation, there. */
    onReversed(listener: ReversedListener): void {
      reversedListeners.push(listener);
    },
    dueToRemind: duty.dueToRemind,
    remind: duty.remind,
    /** Days of the calendar changed: limits that run are counted again. Inside a transaction. */
    async recountDuty(first: string, last: string): Promise<void> {
      await duty.recount(first, last);
      await claims.recount(first, last);
    },

    /** The system's part after a check-out: one record for the assignment, submitted for somebody's confirmation. */
    async openFromAssignment(assignment: AssignmentRow): Promise<void> {
      await inTransaction(async () => {
        const { checkIn, checkOut } = assignment;
        if (!checkIn || !checkOut || !assignment.membershipId) return;
        if (await HoursModel.exists({ assignmentId: assignment._id })) return;
        const shift = await shiftFacts(String(assignment.shiftId));
        // what is paid, compulsory or done in duty time is attended, and gives no hours.
        if (!givesHours(shift)) return;
        const { name } = await units.get(String(assignment.unitId));
        const { locale, settings, zone } = await tenants.current();
        const place = await holderOf({ ...assignment, checkIn, checkOut }, memberships);
        const counted = await countedElsewhere(new Set([assignment.personId, place.personId]), shift);
        const { _id } = await insert(
          servedRecord(place, shift, {
            unitName: name[locale],
            policy: settings,
            counted,
            dayMinutes: await minutesOfDay(place.personId, shift.startsAt, { zone, settings }),
          }),
        );
        const submitted = await submit(_id);
        for (const listener of servedListeners) await listener(submitted);
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
        const faults = [
          ...natureFaults(input.nature),
          ...logFaults(span, {
            now: contextNow(),
            memberSince: membership.createdAt,
            others: others.map((row) => ({ from: row.servedFrom, to: row.servedTo })),
            booked: bookings.map(stretchOf),
            withoutHours: (await withoutHours(bookings.filter(meeting(span)))).map(stretchOf),
          }),
        ];
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
          category: input.category,
          grade: 'self',
          witness: input.witness,
          ...computedTime(
            { planned: span, attended: span, breakMinutes: 0 },
            settings,
            await minutesOfDay(membership.personId, span.from, { zone, settings }),
          ),
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

    approve,
    approveMany,

    async reject(actor: AccountActor, id: string, reason: string): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await accessHours(actor, id);
        authorize(canReject(actor, row));
        if (isForReviewer(row)) throw new Conflict('held-for-review');
        if (await trust.isRejecter(actor, row)) throw new Forbidden('appeal-needs-another');
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
        if (!isForReviewer(row)) throw new Conflict('wrong-state', { state: row.state });
        if (await trust.isRejecter(actor, row)) throw new Forbidden('appeal-needs-another');
        if (verdict === 'rejected') return rejectOne(actor, row, reason);
        await assertTrusted(actor, row);
        return postOne(actor, row, reason);
      });
    },

    /** The volunteer contests a rejection; somebody else answers. */
    async appeal(actor: AccountActor, id: string, reason: string): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await accessHours(actor, id);
        authorize(canSpeakFor(actor, row));
        await lockPerson(actor.personId);
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

    /**
     * The record, where the actor may propose to take it back.
     * @throws NotFound, Forbidden, Conflict when it is not posted, or was recorded elsewhere
     */
    async toReverse(actor: AccountActor, id: string): Promise<HoursRow> {
      const row = await accessHours(actor, id);
      authorize(canReverse(actor, row));
      if (row.origin) throw new Conflict('reverse-at-origin');
      if (!['posted', 'moved'].includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
      return row;
    },

    /** Takes a posting back by a linked reversal: what the second of two persons does. */
    async reverse(actor: AccountActor, id: string, reason: string): Promise<HoursRow> {
      return inTransaction(async () => {
        return takeBack(await this.toReverse(actor, id), reason);
      });
    },
  };
}

/** Where other service of the person, under whichever of their records, counts already; facts are read under the lock on their days. */
async function countedElsewhere(
  personIds: ReadonlySet<Types.ObjectId>,
  plan: ServedShiftFacts,
): Promise<Counted> {
  const span = countingSpan(plan);
  const others: HoursRow[] = [];
  for (const personId of personIds) {
    await lockPersonDays(String(personId), { startsAt: span.from, endsAt: span.to });
    others.push(...(await overlappingHours(personId, span, CLAIMED_STATES)));
  }
  return countedAround(others, plan.startsAt);
}
