import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid } from '../../core/errors.ts';
import { shiftLifecycle } from '../../core/states.ts';
import { addDays, daysBetween, startOfDay } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import type { LocalText } from '../../db/fields.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import { isEditable } from '../requests/request.rules.ts';
import type { RequestService } from '../requests/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { createPositionService } from './position.service.ts';
import type { KnownPools, KnownTypes, OpenCourses } from './position.service.ts';
import { createSeriesService } from './series.service.ts';
import { createTemplateService } from './template.service.ts';
import * as facts from './shift.facts.ts';
import { PositionModel, ShiftModel } from './shift.model.ts';
import type { ShiftRow } from './shift.model.ts';
import { lacksPolicy, mayStart, postingGaps, spanIssues, sumSeats } from './shift.rules.ts';
import type { Gap } from './shift.rules.ts';
import type { Scope, ShiftInput, ShiftPatch, ShiftView } from './shift.schema.ts';
import { spanOf, wallTimesOf } from './wall.ts';

/** Told in the transaction that cancels a shift: whoever was to come has to be told. */
export type ShiftCancelled = (shift: ShiftRow, reason: string) => Promise<void>;
/** Told in the transaction that moves a shift with taken places; may refuse by throwing. */
export type ShiftChanged = (
  shift: ShiftRow,
  before: { readonly startsAt: Date; readonly endsAt: Date },
) => Promise<void>;

/** Told in the transaction that shows a shift to people or gives it a free place again. */
export type ShiftOpened = (shiftId: Types.ObjectId) => Promise<void>;

export interface ShiftFilter {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly state?: string | undefined;
  readonly unitId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly seriesId?: string | undefined;
}

/** "3 shifts, 5 of 12 places taken". */
export interface Digest {
  readonly shifts: number;
  readonly required: number;
  readonly maximum: number;
  readonly taken: number;
  readonly missing: number;
  readonly nextStartsAt: string | null;
}

export interface ShiftAbilities {
  readonly edit: boolean;
  readonly publish: boolean;
  readonly lock: boolean;
  readonly unlock: boolean;
  readonly cancel: boolean;
  readonly findPeople: boolean;
  readonly runDay: boolean;
  /** Write to its people. */
  readonly write: boolean;
}

export interface DueQuery {
  readonly now: Date;
  readonly limit: number;
  readonly except: readonly string[];
}

const SORT: readonly SortKey[] = [
  ['startsAt', 1],
  ['_id', 1],
];
const CHANGEABLE = ['draft', 'published', 'locked'];
const ids = (texts: Iterable<string>): Types.ObjectId[] => [...texts].map((id) => new Types.ObjectId(id));
/** What is missing before the shift may be published. */
const gapsIn = ({ shift, request, positions }: Omit<facts.WholeShift, 'unitName'>): Gap[] =>
  postingGaps(
    {
      request: {
        ...request,
        id: String(request._id),
        placeLabel: request.place.label,
        hasPoint: request.place.point !== undefined,
      },
      shift: { ...shift, id: String(shift._id) },
      positions,
    },
    contextNow(),
  );

export type ShiftService = ReturnType<typeof createShiftService>;

export function createShiftService({
  requests,
  tenants,
  units,
  knownTypes,
  knownPools,
  openCourses,
}: {
  requests: RequestService;
  tenants: TenantService;
  units: UnitService;
  knownTypes: KnownTypes;
  knownPools: KnownPools;
  openCourses: OpenCourses;
}) {
  const cancelledListeners: ShiftCancelled[] = [];
  const changedListeners: ShiftChanged[] = [];
  const openedListeners: ShiftOpened[] = [];
  const opened = async (shiftId: Types.ObjectId): Promise<void> => {
    for (const listener of openedListeners) await listener(shiftId);
  };

  // Shifts that are not over say what their request says now.
  requests.onEdited(async ({ requestId, ...words }) => {
    await ShiftModel.updateMany(
      { requestId: new Types.ObjectId(requestId), state: { $in: CHANGEABLE } },
      { $set: words },
    );
  });

  async function toViews(rows: readonly ShiftRow[]): Promise<ShiftView[]> {
    const positions = await facts.listPositionsOf(rows.map((row) => row._id));
    return rows.map((row) => facts.toShiftView(row, positions.get(String(row._id)) ?? []));
  }
  const view = async (row: ShiftRow): Promise<ShiftView> => (await toViews([row]))[0] as ShiftView;

  async function gapsOf(row: ShiftRow): Promise<Gap[]> {
    const request = await requests.row(row.requestId);
    const positions = (await facts.listPositionsOf([row._id])).get(String(row._id)) ?? [];
    return gapsIn({ shift: row, request, positions });
  }

  async function cancelRow(row: ShiftRow, reason: string): Promise<ShiftRow> {
    const after = await transition(ShiftModel, row._id, {
      lifecycle: shiftLifecycle,
      from: ['draft', 'published', 'locked', 'running'],
      to: 'cancelled',
      reason,
      action: 'shifts/cancel',
    });
    for (const listener of cancelledListeners) await listener(after, reason);
    return after;
  }

  async function due(
    query: DueQuery,
    filter: object,
    by: string,
  ): Promise<{ tenantId: string; id: string }[]> {
    const rows = await ShiftModel.find({ ...filter, _id: { $nin: ids(query.except) } } as never)
      .sort({ [by]: 1 })
      .limit(query.limit)
      .select({ tenantId: 1 })
      .lean();
    return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
  }

  /** The fields an edit changes, and whether it moves the shift in time. */
  async function editOf(
    row: ShiftRow,
    input: ShiftPatch,
  ): Promise<{ set: Record<string, unknown>; moved: boolean }> {
    const { zone } = await tenants.current();
    const { date, startTime, endTime, tellPeople: _tellPeople, scope: _scope, ...plain } = input;
    const before = wallTimesOf(row, zone);
    const wall = {
      date: date ?? before.date,
      startTime: startTime ?? before.startTime,
      endTime: endTime ?? before.endTime,
    };
    const same =
      wall.date === before.date && wall.startTime === before.startTime && wall.endTime === before.endTime;
    const breakMinutes = plain.breakMinutes ?? row.breakMinutes;
    // Untouched times keep their instants: seconds of an imported row, the second of two equal wall times.
    const span = same
      ? { startsAt: row.startsAt, endsAt: row.endsAt }
      : spanOf({ ...wall, breakMinutes }, zone);
    const issues = spanIssues({ ...span, breakMinutes });
    if (issues.length > 0) throw new Invalid(issues);
    const moved =
      span.startsAt.getTime() !== row.startsAt.getTime() || span.endsAt.getTime() !== row.endsAt.getTime();
    const set = Object.fromEntries(
      Object.entries({ ...plain, ...span }).filter(([, value]) => value !== undefined),
    );
    return { set, moved };
  }

  async function create(actor: AccountActor, requestId: string, input: ShiftInput): Promise<ShiftView> {
    return inTransaction(async () => {
      const request = await requests.accessRequest(actor, requestId, 'requests:edit');
      if (!isEditable(request.state)) throw new Conflict('wrong-state', { state: request.state });
      const { zone } = await tenants.current();
      const breakMinutes = input.breakMinutes ?? 0;
      const span = spanOf({ ...input, breakMinutes }, zone);
      await requests.notePlanned(request._id);
      const _id = new Types.ObjectId();
      await ShiftModel.create([
        {
          _id,
          ...born('draft'),
          ...span,
          requestId: request._id,
          unitId: request.unitId,
          title: request.title,
          category: request.category,
          county: request.county,
          place: request.place,
          breakMinutes,
          leaderName: input.leaderName || actor.name,
          leaderPersonId: input.leaderName ? null : new Types.ObjectId(actor.personId),
          riskLevel: input.riskLevel ?? 'none',
          policyNumber: input.policyNumber ?? '',
          createdBy: new Types.ObjectId(actor.accountId),
          createdAt: contextNow(),
        } as never,
      ]);
      await recordAudit({
        action: 'shifts/create',
        subjectType: 'Shift',
        subjectId: _id,
        to: 'draft',
        facts: { requestId },
      });
      return view(await facts.shiftFacts(_id));
    });
  }

  /** One edit inside the transaction; the row's state was looked at. @throws Invalid beside the fields */
  async function applyEdit(row: ShiftRow, input: ShiftPatch, version: number | null): Promise<ShiftRow> {
    const { set, moved } = await editOf(row, input);
    const announced = moved && row.state !== 'draft';
    if (announced && input.tellPeople !== true) await assertNobodyMoved([row]);
    if (announced && (set['startsAt'] as Date) <= contextNow())
      throw Invalid.field('date', 'starts-in-the-past');
    // What was announced as insured stays insured.
    if (row.state !== 'draft' && !lacksPolicy(row) && lacksPolicy({ ...row, ...set }))
      throw Invalid.field('policyNumber', 'policy-number-needed');
    const after = await editRow(ShiftModel, row._id, {
      version,
      set,
      action: 'shifts/edit',
      facts: { moved },
    });
    if (announced)
      for (const listener of changedListeners)
        await listener(after, { startsAt: row.startsAt, endsAt: row.endsAt });
    return after;
  }

  /** @throws Invalid `people-must-be-told` when somebody has a place on one of them that was announced */
  async function assertNobodyMoved(rows: readonly ShiftRow[]): Promise<void> {
    const announced = rows.filter(({ state }) => state !== 'draft').map(({ _id }) => _id);
    const positions = await facts.listPositionsOf(announced);
    const { taken } = sumSeats([...positions.values()].flat());
    if (taken > 0) throw Invalid.field('tellPeople', 'people-must-be-told', { count: taken });
  }

  /** What an edit changes of the row, so that the rest of its series can follow and keep what it differs in. */
  function changesOf(
    row: ShiftRow,
    input: ShiftPatch,
    zone: string,
  ): { plain: ShiftPatch; dayShift: number; times: Pick<ShiftPatch, 'startTime' | 'endTime'> } {
    const before = wallTimesOf(row, zone);
    const { date, startTime, endTime, tellPeople: _tellPeople, scope: _scope, ...rest } = input;
    const plain = Object.fromEntries(
      Object.entries(rest).filter(
        ([name, value]) => value !== undefined && value !== row[name as keyof ShiftRow],
      ),
    );
    return {
      plain,
      dayShift: date === undefined ? 0 : daysBetween(before.date, date),
      times: {
        ...(startTime !== undefined && startTime !== before.startTime ? { startTime } : {}),
        ...(endTime !== undefined && endTime !== before.endTime ? { endTime } : {}),
      },
    };
  }

  /** Publishes one shift inside the transaction. */
  async function publishRow(actor: AccountActor, id: string): Promise<ShiftRow> {
    const row = await facts.accessShift(actor, id, 'shifts:publish');
    const missing = (await gapsOf(row)).filter((gap) => gap.blocking);
    if (row.state === 'draft' && missing.length > 0)
      throw new Invalid(missing.map((gap) => ({ path: gap.field, code: gap.code })));
    await requests.beginService(actor, String(row.requestId));
    await opened(row._id);
    return transition(ShiftModel, id, {
      lifecycle: shiftLifecycle,
      from: ['draft', 'locked'],
      to: 'published',
      action: 'shifts/publish',
    });
  }
  const series = createSeriesService({ requests, tenants, units, publish: publishRow });
  const positions = createPositionService({ knownTypes, knownPools, openCourses, opened });
  const templates = createTemplateService({ tenants, units, create, addPosition: positions.addPosition });

  return {
    /** The catalogue's types, for the form of a position. */
    knownTypes,
    knownPools,
    /** What is taught, for the same form. */
    openCourses,
    ...facts,
    ...positions,
    ...series,
    ...templates,
    rootUnit: async (): Promise<string> => (await tenants.current()).rootUnitId,
    access: facts.accessShift,
    row: facts.shiftFacts,
    rows: facts.listShifts,
    position: facts.findPositionFacts,
    positionsOf: facts.listPositionsOf,
    toViews,
    onShiftCancelled: (listener: ShiftCancelled): void => void cancelledListeners.push(listener),
    onShiftChanged: (listener: ShiftChanged): void => void changedListeners.push(listener),
    onShiftOpened: (listener: ShiftOpened): void => void openedListeners.push(listener),

    /** Gives a seat back; unless the shift is over and done with, others can have it. Only in a transaction. */
    async releaseSeat(positionId: string | Types.ObjectId, free = true): Promise<void> {
      const shiftId = await facts.releaseSeat(positionId);
      if (shiftId && free) await opened(shiftId);
    },

    async show(actor: Actor, id: string): Promise<ShiftView> {
      return view(await facts.accessShift(actor, id));
    },

    /** Soonest first, within the actor's reach; `from` and `to` are local days, both included. */
    async list(
      actor: Actor,
      filter: ShiftFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<ShiftView>> {
      const { zone } = await tenants.current();
      const reach = reachOf(actor, 'requests:see');
      const below = filter.unitId ? await units.expand([filter.unitId]) : null;
      const allowed = reach === 'tenant' ? below : below ? below.intersection(reach) : reach;
      const rows = await ShiftModel.find({
        ...(filter.state ? { state: filter.state } : {}),
        ...(filter.requestId ? { requestId: new Types.ObjectId(filter.requestId) } : {}),
        ...(filter.seriesId ? { seriesId: new Types.ObjectId(filter.seriesId) } : {}),
        ...(allowed ? { unitId: { $in: ids(allowed) } } : {}),
        $and: [
          ...(filter.from ? [{ startsAt: { $gte: startOfDay(filter.from, zone) } }] : []),
          ...(filter.to ? [{ startsAt: { $lt: startOfDay(addDays(filter.to, 1), zone) } }] : []),
          afterCursor(SORT, cursor),
        ],
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      const page = pageOf(rows, limit, (row) => [row.startsAt, row._id]);
      return { data: await toViews(page.data), nextCursor: page.nextCursor };
    },

    /** How many shifts each request has and how full they are; cancelled ones do not count. */
    async digestsOf(requestIds: readonly string[]): Promise<Map<string, Digest>> {
      const shifts = await ShiftModel.find({
        requestId: { $in: ids(requestIds) },
        state: { $ne: 'cancelled' },
      })
        .select({ requestId: 1, startsAt: 1 })
        .batchSize(facts.IN_ONE_GO)
        .lean();
      const live = new Set(shifts.map((shift) => String(shift._id)));
      const positions = await PositionModel.find({ requestId: { $in: ids(requestIds) } })
        .select({ requestId: 1, shiftId: 1, required: 1, maximum: 1, taken: 1 })
        .batchSize(facts.IN_ONE_GO)
        .lean();
      const byRequest = Map.groupBy(shifts, (shift) => String(shift.requestId));
      const seatsByRequest = Map.groupBy(
        positions.filter((position) => live.has(String(position.shiftId))),
        (position) => String(position.requestId),
      );
      const now = contextNow().getTime();
      return new Map(
        requestIds.map((id) => {
          const own = byRequest.get(id) ?? [];
          const coming = own.map((shift) => shift.startsAt.getTime()).filter((start) => start > now);
          const ahead = new Set(
            own.filter(({ startsAt }) => startsAt.getTime() > now).map(({ _id }) => String(_id)),
          );
          const seats = seatsByRequest.get(id) ?? [];
          // Nobody is needed any more for what has begun.
          const { missing } = sumSeats(seats.filter(({ shiftId }) => ahead.has(String(shiftId))));
          const nextStartsAt = coming.length > 0 ? new Date(Math.min(...coming)).toISOString() : null;
          return [id, { shifts: own.length, nextStartsAt, ...sumSeats(seats), missing }];
        }),
      );
    },

    create,

    /**
     * Moves a shift and its other facts; with the scope `following` also those after it in its series, by what changes
     * here. Nobody with a place is moved silently: then `tellPeople` is needed, and the listeners of `onShiftChanged`
     * tell them in the same transaction.
     */
    async edit(
      actor: AccountActor,
      id: string,
      input: ShiftPatch,
      version: number | null,
    ): Promise<ShiftView> {
      return inTransaction(async () => {
        const row = await facts.accessShift(actor, id, 'requests:edit');
        if (!CHANGEABLE.includes(row.state)) throw new Conflict('wrong-state', { state: row.state });
        if (input.scope !== 'following') return view(await applyEdit(row, input, version));
        const { zone } = await tenants.current();
        const followers = await series.followersOf(row, CHANGEABLE);
        const { plain, dayShift, times } = changesOf(row, input, zone);
        const moves = dayShift !== 0 || Object.keys(times).length > 0;
        if (moves && input.tellPeople !== true) await assertNobodyMoved([row, ...followers]);
        const edits = [
          () => applyEdit(row, input, version),
          ...followers.map((follower) => () => {
            const date = addDays(wallTimesOf(follower, zone).date, dayShift);
            const moved = moves ? { ...times, date, tellPeople: input.tellPeople } : {};
            return applyEdit(follower, { ...plain, ...moved }, null);
          }),
        ];
        // Moved forward, the last goes first: nobody who is on several stands on two at once in between.
        if (dayShift > 0) for (const edit of edits.toReversed()) await edit();
        else for (const edit of edits) await edit();
        return view(await facts.shiftFacts(id));
      });
    },

    /** With its unit's name, and what is missing before it may be published, with the field to mend. */
    async showWhole(
      actor: Actor,
      id: string,
    ): Promise<ShiftView & { readonly unitName: LocalText | null; readonly gaps: Gap[] }> {
      const whole = await facts.accessWholeShift(actor, id);
      return {
        ...facts.toShiftView(whole.shift, whole.positions),
        unitName: whole.unitName,
        gaps: gapsIn(whole),
      };
    },

    /**
     * Shows a shift to volunteers. A coordinator's own draft request travels along with it; anything else must have been
     * taken on. With the scope `following`, the drafts after it in its series too. @throws Invalid with a code per gap
     */
    async publish(actor: AccountActor, id: string, scope: Scope = 'one'): Promise<ShiftView> {
      return inTransaction(async () => {
        const row = await facts.accessShift(actor, id, 'shifts:publish');
        const followers = scope === 'one' ? [] : await series.followersOf(row, ['draft']);
        const after = await publishRow(actor, id);
        for (const follower of followers) await publishRow(actor, String(follower._id));
        return view(after);
      });
    },

    /** Closes sign-up; whoever has a place keeps it. Publishing opens it again. */
    async lock(actor: AccountActor, id: string): Promise<ShiftView> {
      return inTransaction(async () => {
        await facts.accessShift(actor, id, 'shifts:publish');
        return view(
          await transition(ShiftModel, id, {
            lifecycle: shiftLifecycle,
            from: ['published'],
            to: 'locked',
            action: 'shifts/lock',
          }),
        );
      });
    },

    async cancel(actor: AccountActor, id: string, reason: string, scope: Scope = 'one'): Promise<ShiftView> {
      return inTransaction(async () => {
        const row = await facts.accessShift(actor, id, 'shifts:publish');
        const followers = scope === 'one' ? [] : await series.followersOf(row, CHANGEABLE);
        const after = await cancelRow(row, reason);
        for (const follower of followers) await cancelRow(follower, reason);
        return view(after);
      });
    },

    /** What the actor may do with it now, for pages. */
    abilitiesFor(actor: Actor, shift: { unitId: string; state: string }): ShiftAbilities {
      const edit = can(actor, 'requests:edit', shift.unitId) && CHANGEABLE.includes(shift.state);
      const publish = can(actor, 'shifts:publish', shift.unitId);
      return {
        edit,
        publish: publish && shift.state === 'draft',
        lock: publish && shift.state === 'published',
        unlock: publish && shift.state === 'locked',
        cancel: publish && [...CHANGEABLE, 'running'].includes(shift.state),
        findPeople:
          can(actor, 'positions:candidates', shift.unitId) && ['published', 'locked'].includes(shift.state),
        runDay: can(actor, 'attendance:run', shift.unitId) && !['draft', 'cancelled'].includes(shift.state),
        write:
          can(actor, 'assignments:manage', shift.unitId) && !['draft', 'cancelled'].includes(shift.state),
      };
    },

    /** For the sweep: shifts of any tenant whose start, or end, has come. */
    dueToStart: (query: DueQuery) =>
      due(query, { state: { $in: ['published', 'locked'] }, startsAt: { $lte: query.now } }, 'startsAt'),
    dueToEnd: (query: DueQuery) => due(query, { state: 'running', endsAt: { $lte: query.now } }, 'endsAt'),

    /** Starts a shift whose time has come, or cancels it when its people would not be insured. Twice changes nothing. */
    async start(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await facts.shiftFacts(id);
        if (!['published', 'locked'].includes(row.state) || row.startsAt > contextNow()) return;
        if (!mayStart(row)) {
          await cancelRow(row, 'no-policy-number');
          return;
        }
        await transition(ShiftModel, id, {
          lifecycle: shiftLifecycle,
          from: [row.state],
          to: 'running',
          action: 'shifts/start',
        });
      });
    },

    /** Ends a running shift whose end has come; the hours settle it later. Twice changes nothing. */
    async end(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await facts.shiftFacts(id);
        if (row.state !== 'running' || row.endsAt > contextNow()) return;
        await transition(ShiftModel, id, {
          lifecycle: shiftLifecycle,
          from: ['running'],
          to: 'ended',
          action: 'shifts/end',
        });
      });
    },
  };
}
