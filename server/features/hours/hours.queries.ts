import { Types } from 'mongoose';
import type { Model, PipelineStage } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { acrossTenants, contextNow } from '../../core/context.ts';
import { Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { addDays, localDate, startOfDay } from '../../core/time.ts';
import { tenantAggregate, tenantPiece } from '../../db/builders.ts';
import { afterCursor, MOST_COUNTED, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { HoursModel, UNLISTED } from './hours.model.ts';
import type { HoursRow, ListedHours } from './hours.model.ts';
import { CLAIMED_STATES } from './hours.record.ts';
import { LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';
import { personAccount } from './ledger.rules.ts';

/** States in which somebody still has to decide. */
export const WAITING_STATES = ['submitted', 'under_check', 'appealed'] as const;
/** Of these, what whoever confirms hours decides; what is held goes to a reviewer. */
export const QUEUE_STATES = ['submitted', 'appealed'] as const;

const OWN_SORT: readonly SortKey[] = [
  ['activity.startsAt', -1],
  ['_id', -1],
];
const QUEUE_SORT: readonly SortKey[] = [
  ['activity.startsAt', 1],
  ['_id', 1],
];
/** Numbers of one account are unique; the index has just this order. */
const ENTRY_SORT: readonly SortKey[] = [['seq', -1]];

/** One's own, or one that somebody with the permission may see; everything else is missing. */
export async function accessHours(actor: Actor, id: string): Promise<HoursRow> {
  const row = isId(id) ? await HoursModel.findById(id).lean() : null;
  const own = row !== null && actor.kind === 'account' && String(row.personId) === actor.personId;
  if (!row || (!own && !can(actor, 'hours:see', String(row.unitId)))) throw new NotFound();
  return row;
}

/**
 * Records of the person in these states whose counted time meets the half-open stretch, in whatever tenant: a minute of
 * a life counts once (invariant 7). Callers that decide by it hold the person-day lock.
 */
export function overlappingHours(
  personId: Types.ObjectId,
  span: { readonly from: Date; readonly to: Date },
  states: readonly string[],
  except?: Types.ObjectId,
): Promise<HoursRow[]> {
  return acrossTenants('hours: a minute of a person counts once', () =>
    HoursModel.find({
      personId,
      state: { $in: [...states] },
      servedFrom: { $lt: span.to },
      servedTo: { $gt: span.from },
      recordedMinutes: { $gt: 0 },
      ...(except ? { _id: { $ne: except } } : {}),
    } as never).lean(),
  );
}

/**
 * Entries of a person's account whose service lies in the period, up to a number: what a certificate summed. For checks
 * that look across tenants.
 */
export async function ledgerSnapshotOf(
  of: {
    readonly tenantId: Types.ObjectId;
    readonly personId: Types.ObjectId;
    readonly periodFrom: string;
    readonly periodTo: string;
    /** Name and unit of one activity, in JSON; empty for all. */
    readonly activityKey?: string;
  },
  upTo: number,
): Promise<Pick<LedgerEntryRow, 'seq' | 'minutes' | 'hash'>[]> {
  const entries = await LedgerEntryModel.find({
    tenantId: of.tenantId,
    account: personAccount(String(of.personId)),
    serviceDate: { $gte: of.periodFrom, $lte: of.periodTo },
    seq: { $lte: upTo },
  })
    .select({ seq: 1, minutes: 1, hash: 1, hoursId: 1 })
    .sort({ seq: 1 })
    .lean();
  if (!of.activityKey) return entries;
  const [name, unitName] = JSON.parse(of.activityKey) as [string, string];
  const records = await HoursModel.find({
    tenantId: of.tenantId,
    _id: { $in: entries.map(({ hoursId }) => hoursId) },
    'activity.name': name,
    'activity.unitName': unitName,
  } as never)
    .select({ _id: 1 })
    .lean();
  const wanted = new Set(records.map(({ _id }) => String(_id)));
  return entries.filter(({ hoursId }) => wanted.has(String(hoursId)));
}

/** Minutes of the first entries of a person's account: what a grant of recognition rests on. For checks across tenants. */
export async function minutesOfFirst(
  tenantId: Types.ObjectId,
  personId: Types.ObjectId,
  entries: number,
): Promise<number> {
  const rows = await LedgerEntryModel.find({
    tenantId,
    account: personAccount(String(personId)),
    seq: { $lte: entries },
  })
    .select({ minutes: 1 })
    .lean();
  return rows.reduce((sum, { minutes }) => sum + minutes, 0);
}

/**
 * Minutes that are recorded, or claimed, of the local day on which the instant falls; read under the lock on the person's days.
 * Nothing is asked where there is no limit.
 */
export async function minutesOfDay(
  personId: Types.ObjectId,
  at: Date,
  { zone, settings }: { readonly zone: string; readonly settings: { readonly recordedCapMinutes: number } },
): Promise<number> {
  if (settings.recordedCapMinutes === 0) return 0;
  const date = localDate(at, zone);
  const rows = await HoursModel.find({
    personId,
    state: { $in: [...CLAIMED_STATES] },
    'activity.startsAt': { $gte: startOfDay(date, zone), $lt: startOfDay(addDays(date, 1), zone) },
  } as never)
    .select({ recordedMinutes: 1 })
    .lean();
  return rows.reduce((sum, { recordedMinutes }) => sum + recordedMinutes, 0);
}

/** What is read of hours; every write is in `hours.service.ts`. */
export function createHoursQueries({
  memberships,
  tenants,
}: {
  memberships: MembershipService;
  tenants: TenantService;
}) {
  return {
    async own(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<ListedHours>> {
      const rows = await HoursModel.find({
        personId: new Types.ObjectId(actor.personId),
        ...afterCursor(OWN_SORT, cursor),
      } as never)
        .select(UNLISTED)
        .sort(sortOf(OWN_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.activity.startsAt, row._id]);
    },

    /**
     * Records of a member's service within reach, the latest first; the same that the actor may open one by one.
     * @throws NotFound for a member out of reach, Forbidden for who may see the member and not their hours
     */
    async ofMember(
      actor: AccountActor,
      membershipId: string,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<ListedHours> & { readonly member: MembershipRow }> {
      const member = await memberships.access(actor, membershipId, 'hours:see');
      if (!can(actor, 'hours:see', String(member.unitId))) throw new Forbidden('not-permitted');
      const reach = reachOf(actor, 'hours:see');
      const rows = await HoursModel.find({
        personId: member.personId,
        ...(reach === 'tenant'
          ? {}
          : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
        ...afterCursor(OWN_SORT, cursor),
      } as never)
        .select(UNLISTED)
        .sort(sortOf(OWN_SORT))
        .limit(limit + 1)
        .lean();
      return { ...pageOf(rows, limit, (row) => [row.activity.startsAt, row._id]), member };
    },

    /** Whether the tenant keeps a time bank, which hours fill. */
    keepsTimeBank: async (): Promise<boolean> => (await tenants.current()).settings.timeBank,

    /** What waits for the actor's confirmation within their reach, oldest first; what only others may decide is left out. */
    async queue(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<ListedHours>> {
      const rows = await tenantPiece(HoursModel, {
        filter: { ...queueFilter(actor), ...afterCursor(QUEUE_SORT, cursor) },
        without: UNLISTED,
        sort: sortOf(QUEUE_SORT),
        limit: limit + 1,
      });
      return pageOf(rows, limit, (row) => [row.activity.startsAt, row._id]);
    },
    /** What is held for a second look within reach, oldest first. */
    async held(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<ListedHours>> {
      const reach = reachOf(actor, 'hours:inspect');
      const find = (what: object): Promise<ListedHours[]> =>
        HoursModel.find({
          ...what,
          ...(reach === 'tenant'
            ? {}
            : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
          ...afterCursor(QUEUE_SORT, cursor),
        } as never)
          .select(UNLISTED)
          .sort(sortOf(QUEUE_SORT))
          .limit(limit + 1)
          .lean();
      const held = await find({ state: 'under_check' });
      // What was posted before it was known whose accounts those were stays to be looked at, too.
      const later = await find({ state: 'posted', 'anomalies.code': 'same-human' });
      const contested = await find(CONTESTED_AFTER_HOLD);
      const rows = [...held, ...later, ...contested].sort(
        (a, b) =>
          a.activity.startsAt.getTime() - b.activity.startsAt.getTime() ||
          String(a._id).localeCompare(String(b._id)),
      );
      return pageOf(rows, limit, (row) => [row.activity.startsAt, row._id]);
    },
    waitingCount: countQueue,

    /** Records by id, for who may read them all. */
    rowsOf: (ids: readonly Types.ObjectId[]): Promise<HoursRow[]> =>
      HoursModel.find({ _id: { $in: [...ids] } } as never).lean(),

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
      const year = today.slice(0, 4);
      const account = personAccount(personId);
      const since = `${[months[0], `${year}-01`].sort()[0] ?? ''}-01`;
      const rows = await tenantAggregate<{ minutes: number; month?: string; waiting?: true }>(
        LedgerEntryModel as unknown as Model<never>,
        [
          // The newest entry's balance is the account's.
          { $match: { account } },
          { $sort: { seq: -1 } },
          { $limit: 1 },
          { $project: { minutes: '$balance' } },
          {
            $unionWith: {
              coll: 'ledgerentries',
              pipeline: [
                { $match: { account, serviceDate: { $gte: since } } },
                { $group: { _id: { $substrBytes: ['$serviceDate', 0, 7] }, minutes: { $sum: '$minutes' } } },
                { $set: { month: '$_id' } },
              ],
            },
          },
          {
            $unionWith: {
              coll: 'hoursrecords',
              pipeline: [
                { $match: { personId: new Types.ObjectId(personId), state: { $in: [...WAITING_STATES] } } },
                { $group: { _id: null, minutes: { $sum: '$recordedMinutes' } } },
                { $set: { waiting: true } },
              ],
            },
          },
        ],
      );
      const total = (of: (row: (typeof rows)[number]) => boolean): number =>
        rows.filter(of).reduce((minutes, row) => minutes + row.minutes, 0);
      return {
        totalMinutes: total((row) => row.month === undefined && !row.waiting),
        yearMinutes: total((row) => row.month?.startsWith(year) === true),
        waitingMinutes: total((row) => row.waiting === true),
        months: months.map((month) => ({ month, minutes: total((row) => row.month === month) })),
      };
    },

    /**
     * Entries of a person's account, newest first: one's own, or those of a member within reach of `hours:see`.
     * @throws NotFound for everybody else
     */
    async entries(
      actor: AccountActor,
      personId: string,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<LedgerEntryRow>> {
      if (personId !== actor.personId) {
        const membership = isId(personId) ? await memberships.anyOf(personId) : null;
        if (!membership || !can(actor, 'hours:see', String(membership.unitId))) throw new NotFound();
      }
      const rows = await LedgerEntryModel.find({
        account: personAccount(personId),
        ...afterCursor(ENTRY_SORT, cursor),
      } as never)
        .sort(sortOf(ENTRY_SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.seq]);
    },

    /** Ids of people any of whose postings was taken back. */
    async peopleWithReversals(): Promise<string[]> {
      const accounts = await LedgerEntryModel.distinct('account', { cause: 'reversal', account: /^person:/ });
      // What went along and was taken back then left no entry on the account here.
      const gone = await HoursModel.distinct('personId', {
        state: 'reversed',
        movedTo: { $ne: null },
      } as never);
      return [
        ...new Set([...accounts.map((account) => account.slice('person:'.length)), ...gone.map(String)]),
      ];
    },

    /** Entries and their records for a certificate: everything of the person's account whose service lies in the period. */
    async ledgerOf(
      personId: string,
      period: { from: string; to: string } | null,
    ): Promise<{ entry: LedgerEntryRow; record: HoursRow }[]> {
      const entries = await LedgerEntryModel.find({
        account: personAccount(personId),
        ...(period ? { serviceDate: { $gte: period.from, $lte: period.to } } : {}),
      })
        .sort({ seq: 1 })
        .lean();
      const rows = await HoursModel.find({ _id: { $in: entries.map((entry) => entry.hoursId) } }).lean();
      const records = new Map(rows.map((row) => [String(row._id), row]));
      return entries.map((entry) => {
        const record = records.get(String(entry.hoursId));
        if (!record) throw new Error(`Entry ${entry.sourceKey} has no record`);
        return { entry, record };
      });
    },
  };
}

/** A contest of what was held before it was rejected. */
const CONTESTED_AFTER_HOLD = { state: 'appealed', 'anomalies.0': { $exists: true } } as const;

function queueFilter(actor: AccountActor): Record<string, unknown> {
  const reach = reachOf(actor, 'hours:confirm');
  const self = new Types.ObjectId(actor.personId);
  return {
    state: { $in: [...QUEUE_STATES] },
    personId: { $ne: self },
    // An appeal is answered by somebody else than whoever rejected, and by a reviewer where a reviewer had to decide.
    $nor: [{ state: 'appealed', confirmedByPersonId: self }, CONTESTED_AFTER_HOLD],
    ...(reach === 'tenant'
      ? {}
      : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
  };
}

/** One's own records that a count leaves out; whoever has more waiting reads a number that is a little too high. */
const OWN_COUNTED = 100;

/**
 * How much waits for the actor's confirmation, at most one more than `MOST_COUNTED`; in one read. Nearly all of it is counted
 * in an index alone: looking at each record for the few that others must decide made a county's desk slower than a village's.
 */
async function countQueue(actor: AccountActor): Promise<number> {
  const { unitId, ...decidable } = queueFilter(actor);
  const within = unitId === undefined ? {} : { unitId };
  const counted = (match: object, most: number, sign: 1 | -1): PipelineStage[] => [
    { $match: { ...match, ...within } },
    { $limit: most },
    { $group: { _id: null, count: { $sum: sign } } },
  ];
  const own = { state: 'submitted', personId: new Types.ObjectId(actor.personId) };
  const beside = [
    counted(own, OWN_COUNTED, -1),
    counted({ ...decidable, state: 'appealed' }, MOST_COUNTED + 1, 1),
  ];
  const [found] = await tenantAggregate<{ count: number }>(
    HoursModel as unknown as Model<never>,
    [
      ...counted({ state: 'submitted' }, MOST_COUNTED + 1 + OWN_COUNTED, 1),
      ...beside.map((pipeline) => ({ $unionWith: { coll: HoursModel.collection.name, pipeline } })),
      { $group: { _id: null, count: { $sum: '$count' } } },
    ] as PipelineStage[],
  );
  return Math.min(Math.max(found?.count ?? 0, 0), MOST_COUNTED + 1);
}

/** The months up to that of the date, oldest first, `YYYY-MM`. */
function lastMonths(date: string, count: number): string[] {
  const [year = 0, month = 1] = date.split('-').map(Number);
  return Array.from({ length: count }, (_unused, index) =>
    new Date(Date.UTC(year, month - count + index, 1)).toISOString().slice(0, 7),
  );
}
