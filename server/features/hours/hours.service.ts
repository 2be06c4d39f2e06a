import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { hoursLifecycle } from '../../core/states.ts';
import { localDate, wallToInstant } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, transition } from '../../db/transition.ts';
import type { AssignmentRow } from '../assignments/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { lockPersonDays } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { gradeOf, HOURS_POLICY_VERSION, logFaults, recordedMinutes, whyNotConfirm } from './hours.rules.ts';
import { activityAccount, personAccount, shiftAccount } from './ledger.rules.ts';
import { applyToLedger, balanceOf } from './ledger.service.ts';
import { LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';

/** The parts of a shift that a service record states (R-1.8). */
export interface ServedShiftFacts {
  readonly title: string;
  readonly description: string;
  readonly place: string;
  readonly leaderName: string;
  readonly breakMinutes: number;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export interface LogInput {
  readonly name: string;
  readonly content: string;
  readonly place: string;
  readonly date: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly witness: string;
}

export interface HoursParts {
  readonly memberships: MembershipService;
  readonly units: UnitService;
  readonly tenants: TenantService;
  /** What the shift of an assignment was; injected, as shifts know nothing of hours. */
  readonly shiftFacts: (shiftId: string) => Promise<ServedShiftFacts>;
}

/** What came of one record of several. */
export interface ApprovalOutcome {
  readonly id: string;
  /** Null when it is posted; else a code. */
  readonly refusal: string | null;
}

const LATE_GRACE_MINUTES = 15;
/** States whose time may not be claimed a second time. */
const CLAIMED = ['open', 'submitted', 'under_check', 'approved', 'posted', 'appealed'];
const OWN_SORT: readonly SortKey[] = [
  ['activity.startsAt', -1],
  ['_id', -1],
];
const QUEUE_SORT: readonly SortKey[] = [
  ['activity.startsAt', 1],
  ['_id', 1],
];

export type HoursService = ReturnType<typeof createHoursService>;

export function createHoursService({ memberships, units, tenants, shiftFacts }: HoursParts) {
  /** One's own, or one that somebody with the permission may see; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<HoursRow> {
    const row = isId(id) ? await HoursModel.findById(id).lean() : null;
    const own = row !== null && actor.kind === 'account' && String(row.personId) === actor.personId;
    if (!row || (!own && !can(actor, 'hours:see', String(row.unitId)))) throw new NotFound();
    return row;
  }

  async function insert(row: Record<string, unknown>): Promise<HoursRow> {
    const _id = new Types.ObjectId();
    await HoursModel.create([{ _id, ...born('open'), ...row, createdAt: contextNow() } as never]);
    await recordAudit({ action: 'hours/open', subjectType: 'HoursRecord', subjectId: _id, to: 'open' });
    return transition(HoursModel, _id, {
      lifecycle: hoursLifecycle,
      from: ['open'],
      to: 'submitted',
      action: 'hours/submit',
    });
  }

  const compute = async (
    planned: { from: Date; to: Date },
    attended: { from: Date; to: Date },
    breakMinutes: number,
  ) => {
    const { settings } = await tenants.current();
    const inputs = {
      plannedFrom: planned.from.getTime(),
      plannedTo: planned.to.getTime(),
      attendedFrom: attended.from.getTime(),
      attendedTo: attended.to.getTime(),
      breakMinutes,
      roundToMinutes: settings.roundToMinutes,
      lateGraceMinutes: LATE_GRACE_MINUTES,
    };
    const { minutes, notes } = recordedMinutes(inputs);
    return { inputs, recordedMinutes: minutes, notes, policyVersion: HOURS_POLICY_VERSION };
  };

  const overlapping = (
    personId: Types.ObjectId,
    from: Date,
    to: Date,
    states: readonly string[],
    except?: Types.ObjectId,
  ): Promise<HoursRow[]> =>
    HoursModel.find({
      personId,
      state: { $in: [...states] },
      attendedFrom: { $lt: to },
      attendedTo: { $gt: from },
      ...(except ? { _id: { $ne: except } } : {}),
    } as never).lean();

  /** Confirms and posts one record; facts are read in the caller's transaction. */
  async function approveOne(actor: AccountActor, id: string): Promise<HoursRow> {
    const row = await access(actor, id);
    const personId = String(row.personId);
    const refusal = whyNotConfirm({
      confirmerPersonId: actor.personId,
      subjectPersonId: personId,
      confirmerName: actor.name,
      grade: row.grade,
      witness: row.witness,
      rejectedByPersonId:
        row.state === 'appealed' && row.confirmedByPersonId ? String(row.confirmedByPersonId) : null,
    });
    // Nobody confirms their own hours by any door, whatever else they may do (S-10).
    if (refusal) throw new Forbidden(refusal);
    if (!can(actor, 'hours:confirm', String(row.unitId))) throw new Forbidden('not-permitted');
    if (row.recordedMinutes <= 0) throw new Conflict('nothing-to-post');
    const [from, to] = [row.attendedFrom ?? row.activity.startsAt, row.attendedTo ?? row.activity.endsAt];
    await lockPersonDays(personId, { startsAt: from, endsAt: to });
    if ((await overlapping(row.personId, from, to, ['posted'], row._id)).length > 0)
      throw new Conflict('overlaps-recorded');
    const { zone } = await tenants.current();
    await transition(HoursModel, row._id, {
      lifecycle: hoursLifecycle,
      from: ['submitted', 'under_check', 'appealed'],
      to: 'approved',
      action: 'hours/approve',
      set: {
        confirmedBy: new Types.ObjectId(actor.accountId),
        confirmedByPersonId: new Types.ObjectId(actor.personId),
      },
    });
    const counterAccount = row.shiftId ? shiftAccount(String(row.shiftId)) : activityAccount(String(row._id));
    await applyToLedger(
      { kind: 'post', recordId: String(row._id), personId, counterAccount, minutes: row.recordedMinutes },
      row,
      zone,
    );
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

  return {
    access,

    /** The system's part after a check-out: one record for the assignment, submitted for somebody's confirmation. */
    async openFromAssignment(assignment: AssignmentRow): Promise<void> {
      await inTransaction(async () => {
        const { checkIn, checkOut } = assignment;
        if (!checkIn || !checkOut || !assignment.membershipId) return;
        if (await HoursModel.exists({ assignmentId: assignment._id })) return;
        const shift = await shiftFacts(String(assignment.shiftId));
        const { name } = await units.get(String(assignment.unitId));
        const { locale } = await tenants.current();
        await insert({
          personId: assignment.personId,
          membershipId: assignment.membershipId,
          personName: assignment.personName,
          unitId: assignment.unitId,
          assignmentId: assignment._id,
          shiftId: assignment.shiftId,
          activity: {
            name: shift.title,
            content: shift.description.slice(0, 500),
            place: shift.place,
            startsAt: shift.startsAt,
            endsAt: shift.endsAt,
            unitName: name[locale],
            leaderName: shift.leaderName,
          },
          attendedFrom: checkIn.at,
          attendedTo: checkOut.at,
          breakMinutes: shift.breakMinutes,
          grade: gradeOf(checkIn.method, checkOut.method),
          ...(await compute(
            { from: shift.startsAt, to: shift.endsAt },
            { from: checkIn.at, to: checkOut.at },
            shift.breakMinutes,
          )),
        });
      });
    },

    /** The volunteer's own entry for service that nobody scheduled: grade `self`. */
    async log(actor: AccountActor, input: LogInput): Promise<HoursRow> {
      return inTransaction(async () => {
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        const { zone, locale } = await tenants.current();
        const [start, end] = [minutesOf(input.startTime), minutesOf(input.endTime)];
        const from = wallToInstant({ date: input.date, minutes: start, zone });
        const to = wallToInstant({ date: input.date, minutes: end, zone });
        await lockPersonDays(actor.personId, { startsAt: from, endsAt: to });
        const others = await overlapping(new Types.ObjectId(actor.personId), from, to, CLAIMED);
        const faults = logFaults(
          { from, to },
          {
            now: contextNow(),
            memberSince: membership.createdAt,
            others: others.map((row) => ({
              from: row.attendedFrom ?? row.activity.startsAt,
              to: row.attendedTo ?? row.activity.endsAt,
            })),
          },
        );
        if (faults.length > 0) throw new Invalid(faults);
        const { name } = await units.get(String(membership.unitId));
        return insert({
          personId: membership.personId,
          membershipId: membership._id,
          personName: membership.personName,
          unitId: membership.unitId,
          activity: {
            name: input.name,
            content: input.content,
            place: input.place,
            startsAt: from,
            endsAt: to,
            unitName: name[locale],
            leaderName: '',
          },
          attendedFrom: from,
          attendedTo: to,
          grade: 'self',
          witness: input.witness,
          ...(await compute({ from, to }, { from, to }, 0)),
        });
      });
    },

    approve: (actor: AccountActor, id: string): Promise<HoursRow> =>
      inTransaction(() => approveOne(actor, id)),

    /** Each record in a transaction of its own: one refusal does not hold up the others. */
    async approveMany(actor: AccountActor, ids: readonly string[]): Promise<ApprovalOutcome[]> {
      const outcomes: ApprovalOutcome[] = [];
      for (const id of ids) {
        try {
          await inTransaction(() => approveOne(actor, id));
          outcomes.push({ id, refusal: null });
        } catch (err) {
          const { code } = err as { code?: unknown };
          if (!(err instanceof NotFound || err instanceof Forbidden || err instanceof Conflict)) throw err;
          outcomes.push({ id, refusal: String(code) });
        }
      }
      return outcomes;
    },

    async reject(actor: AccountActor, id: string, reason: string): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
        if (!can(actor, 'hours:confirm', String(row.unitId))) throw new Forbidden('not-permitted');
        if (row.state === 'appealed' && String(row.confirmedByPersonId) === actor.personId)
          throw new Forbidden('appeal-needs-another');
        const after = await transition(HoursModel, row._id, {
          lifecycle: hoursLifecycle,
          from: ['submitted', 'under_check', 'appealed'],
          to: 'rejected',
          reason,
          action: 'hours/reject',
          set: {
            rejectionReason: reason,
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
      });
    },

    /** The volunteer contests a rejection; somebody else answers. */
    async appeal(actor: AccountActor, id: string, reason: string): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
        return transition(HoursModel, row._id, {
          lifecycle: hoursLifecycle,
          from: ['rejected'],
          to: 'appealed',
          reason,
          action: 'hours/appeal',
        });
      });
    },

    /** Takes a posting back by a linked reversal. */
    async reverse(actor: AccountActor, id: string, reason: string): Promise<HoursRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
        if (!can(actor, 'hours:reverse', String(row.unitId))) throw new Forbidden('not-permitted');
        const { zone } = await tenants.current();
        const after = await transition(HoursModel, row._id, {
          lifecycle: hoursLifecycle,
          from: ['posted'],
          to: 'reversed',
          reason,
          action: 'hours/reverse',
        });
        await applyToLedger({ kind: 'reverse', recordId: String(row._id) }, row, zone, reason);
        return after;
      });
    },

    async own(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<HoursRow>> {
      const rows = await HoursModel.find({
        personId: new Types.ObjectId(actor.personId),
        ...afterCursor(OWN_SORT, cursor),
      } as never)
        .sort(sortOf(OWN_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.activity.startsAt, row._id]);
    },

    /** What waits for confirmation within the actor's reach, oldest first; their own records are somebody else's. */
    async queue(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<HoursRow>> {
      const rows = await HoursModel.find({
        ...queueFilter(actor),
        ...afterCursor(QUEUE_SORT, cursor),
      } as never)
        .sort(sortOf(QUEUE_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.activity.startsAt, row._id]);
    },
    waitingCount: (actor: AccountActor): Promise<number> =>
      HoursModel.countDocuments(queueFilter(actor) as never),

    /** Submitted records of these assignments. */
    async recordIdsOf(assignmentIds: readonly string[]): Promise<string[]> {
      const rows = await HoursModel.find({
        assignmentId: { $in: assignmentIds.map((id) => new Types.ObjectId(id)) },
        state: 'submitted',
      })
        .select({ _id: 1 })
        .lean();
      return rows.map((row) => String(row._id));
    },

    /** Balance, this year's and waiting minutes, and the last twelve months; whole minutes. */
    async given(personId: string): Promise<{
      totalMinutes: number;
      yearMinutes: number;
      waitingMinutes: number;
      months: { month: string; minutes: number }[];
    }> {
      const { zone } = await tenants.current();
      const today = localDate(contextNow(), zone);
      const months = lastMonths(today, 12);
      const [totalMinutes, entries, waiting] = await Promise.all([
        balanceOf(personAccount(personId)),
        LedgerEntryModel.find({
          account: personAccount(personId),
          serviceDate: { $gte: `${[months[0], `${today.slice(0, 4)}-01`].sort()[0] ?? ''}-01` },
        })
          .select({ serviceDate: 1, minutes: 1 })
          .lean(),
        HoursModel.find({
          personId: new Types.ObjectId(personId),
          state: { $in: ['submitted', 'under_check', 'appealed'] },
        })
          .select({ recordedMinutes: 1 })
          .lean(),
      ]);
      const sum = (within: (date: string) => boolean): number =>
        entries.reduce((total, entry) => (within(entry.serviceDate) ? total + entry.minutes : total), 0);
      return {
        totalMinutes,
        yearMinutes: sum((date) => date.startsWith(today.slice(0, 4))),
        waitingMinutes: waiting.reduce((total, row) => total + row.recordedMinutes, 0),
        months: months.map((month) => ({ month, minutes: sum((date) => date.startsWith(month)) })),
      };
    },

    /** Entries of one person's account, newest first. */
    async entries(
      personId: string,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<LedgerEntryRow>> {
      const sort: readonly SortKey[] = [
        ['seq', -1],
        ['_id', -1],
      ];
      const rows = await LedgerEntryModel.find({
        account: personAccount(personId),
        ...afterCursor(sort, cursor),
      } as never)
        .sort(sortOf(sort))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.seq, row._id]);
    },

    /** Entries and their records for a certificate: everything of the person's account whose service lies in the period. */
    async ledgerOf(
      personId: string,
      period: { from: string; to: string },
    ): Promise<{ entry: LedgerEntryRow; record: HoursRow }[]> {
      const entries = await LedgerEntryModel.find({
        account: personAccount(personId),
        serviceDate: { $gte: period.from, $lte: period.to },
      })
        .sort({ seq: 1 })
        .lean();
      const records = new Map(
        (await HoursModel.find({ _id: { $in: entries.map((entry) => entry.hoursId) } }).lean()).map((row) => [
          String(row._id),
          row,
        ]),
      );
      return entries.flatMap((entry) => {
        const record = records.get(String(entry.hoursId));
        return record ? [{ entry, record }] : [];
      });
    },
  };
}

function queueFilter(actor: AccountActor): Record<string, unknown> {
  const reach = reachOf(actor, 'hours:confirm');
  return {
    state: { $in: ['submitted', 'under_check', 'appealed'] },
    personId: { $ne: new Types.ObjectId(actor.personId) },
    ...(reach === 'tenant'
      ? {}
      : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
  };
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** The months up to that of the date, oldest first, `YYYY-MM`. */
function lastMonths(date: string, count: number): string[] {
  const [year = 0, month = 1] = date.split('-').map(Number);
  return Array.from({ length: count }, (_unused, index) =>
    new Date(Date.UTC(year, month - count + index, 1)).toISOString().slice(0, 7),
  );
}
