import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { Permission } from '../../core/permissions.ts';
import { shiftLifecycle } from '../../core/states.ts';
import { startOfDay, wallToInstant } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import type { RequestService } from '../requests/index.ts';
import { SERVED_STATES } from '../requests/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { PositionModel, ShiftModel } from './shift.model.ts';
import type { PositionRow, ShiftRow } from './shift.model.ts';
import { coverage, mayStart, timeFaults, whatIsMissing } from './shift.rules.ts';
import type { PositionView, ShiftView } from './shift.schema.ts';

export interface ShiftInput {
  readonly date: string;
  readonly startTime: string;
  readonly endTime: string;
  readonly breakMinutes: number;
  readonly leaderName: string;
  readonly riskLevel: 'none' | 'bodily';
  readonly policyNumber: string;
}

export interface PositionInput {
  readonly name: string;
  readonly skills: readonly { readonly code: string; readonly minLevel: number }[];
  readonly credentialLevel: '' | 'any' | 'assistant' | 'intermediate' | 'senior';
  readonly languages: readonly string[];
  readonly minAge: number | null;
  readonly maxAge: number | null;
  readonly required: number;
  readonly maximum: number;
  readonly admission: 'direct' | 'approval';
}

/** Told in the transaction that cancels a shift, before it commits: whoever was to come has to be told. */
export type ShiftCancelled = (shift: ShiftRow, reason: string) => Promise<void>;

const SORT: readonly SortKey[] = [
  ['startsAt', 1],
  ['_id', 1],
];

export type ShiftService = ReturnType<typeof createShiftService>;

export function createShiftService({
  requests,
  tenants,
}: {
  requests: RequestService;
  tenants: TenantService;
}) {
  const cancelledListeners: ShiftCancelled[] = [];

  /** The only way to a shift by id; missing, foreign and out of reach are the same. */
  async function access(
    actor: Actor,
    id: string,
    permission: Permission = 'requests:see',
  ): Promise<ShiftRow> {
    const row = isId(id) ? await ShiftModel.findById(id).lean() : null;
    if (!row || !can(actor, permission, String(row.unitId))) throw new NotFound();
    return row;
  }

  async function accessPosition(
    actor: Actor,
    id: string,
    permission: Permission = 'requests:see',
  ): Promise<{ position: PositionRow; shift: ShiftRow }> {
    const position = isId(id) ? await PositionModel.findById(id).lean() : null;
    if (!position || !can(actor, permission, String(position.unitId))) throw new NotFound();
    return { position, shift: await access(actor, String(position.shiftId), permission) };
  }

  const positionsOf = async (shiftIds: readonly Types.ObjectId[]): Promise<Map<string, PositionRow[]>> => {
    const rows = await PositionModel.find({ shiftId: { $in: [...shiftIds] } })
      .sort({ _id: 1 })
      .lean();
    return Map.groupBy(rows, (row) => String(row.shiftId));
  };

  async function toViews(rows: readonly ShiftRow[]): Promise<ShiftView[]> {
    const positions = await positionsOf(rows.map((row) => row._id));
    return rows.map((row) => toShiftView(row, positions.get(String(row._id)) ?? []));
  }
  const view = async (row: ShiftRow): Promise<ShiftView> => (await toViews([row]))[0] as ShiftView;

  async function spanOf(input: ShiftInput): Promise<{ startsAt: Date; endsAt: Date }> {
    const { zone } = await tenants.current();
    const [start, end] = [minutesOf(input.startTime), minutesOf(input.endTime)];
    const span = {
      startsAt: wallToInstant({ date: input.date, minutes: start, zone }),
      endsAt: wallToInstant({ date: input.date, minutes: end > start ? end : end + 24 * 60, zone }),
    };
    const faults = timeFaults({ ...span, breakMinutes: input.breakMinutes });
    if (faults.length > 0) throw new Invalid(faults);
    return span;
  }

  const mustEdit = (actor: Actor, unitId: unknown): void => {
    if (!can(actor, 'requests:edit', String(unitId))) throw new Forbidden('not-permitted');
  };

  async function refreshSkills(shiftId: Types.ObjectId): Promise<void> {
    const positions = (await positionsOf([shiftId])).get(String(shiftId)) ?? [];
    const skillCodes = [
      ...new Set(positions.flatMap((position) => position.skills.map((skill) => skill.code))),
    ];
    await ShiftModel.updateOne({ _id: shiftId }, { $set: { skillCodes } });
  }

  return {
    access,
    accessPosition,
    positionsOf,
    onShiftCancelled: (listener: ShiftCancelled): void => void cancelledListeners.push(listener),

    /** Rows for other features, inside the current tenant, without asking who wants them. @throws NotFound */
    async row(id: string | Types.ObjectId): Promise<ShiftRow> {
      const row = await ShiftModel.findById(id).lean();
      if (!row) throw new NotFound();
      return row;
    },
    async rows(ids: readonly (string | Types.ObjectId)[]): Promise<ShiftRow[]> {
      return ShiftModel.find({ _id: { $in: ids.map((id) => new Types.ObjectId(String(id))) } }).lean();
    },
    async position(id: string | Types.ObjectId): Promise<{ position: PositionRow; shift: ShiftRow } | null> {
      const position = isId(String(id)) ? await PositionModel.findById(id).lean() : null;
      const shift = position ? await ShiftModel.findById(position.shiftId).lean() : null;
      return position && shift ? { position, shift } : null;
    },

    /** Takes one seat if one is free: the filter, not the caller, wins the race (invariant 3). */
    async reserveSeat(positionId: Types.ObjectId): Promise<boolean> {
      requireTransaction('A seat');
      const result = await PositionModel.updateOne(
        { _id: positionId, $expr: { $lt: ['$taken', '$maximum'] } },
        { $inc: { taken: 1 } },
      );
      return result.modifiedCount === 1;
    },
    async releaseSeat(positionId: Types.ObjectId): Promise<void> {
      requireTransaction('A seat');
      await PositionModel.updateOne({ _id: positionId, taken: { $gt: 0 } }, { $inc: { taken: -1 } });
    },
    /** The next number of the waitlist. */
    async nextWaitSeq(positionId: Types.ObjectId): Promise<number> {
      requireTransaction('A place in the waitlist');
      const row = await PositionModel.findOneAndUpdate(
        { _id: positionId },
        { $inc: { waitSeq: 1 } },
        { returnDocument: 'after' },
      ).lean();
      if (!row) throw new NotFound();
      return row.waitSeq;
    },

    async show(actor: Actor, id: string): Promise<ShiftView> {
      return view(await access(actor, id));
    },

    async list(
      actor: Actor,
      filter: {
        from?: string | undefined;
        to?: string | undefined;
        state?: string | undefined;
        requestId?: string | undefined;
      },
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<ShiftView>> {
      const { zone } = await tenants.current();
      const reach = reachOf(actor, 'requests:see');
      const rows = await ShiftModel.find({
        ...(filter.state ? { state: filter.state } : {}),
        ...(filter.requestId ? { requestId: new Types.ObjectId(filter.requestId) } : {}),
        ...(reach === 'tenant'
          ? {}
          : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
        $and: [
          ...(filter.from ? [{ endsAt: { $gt: startOfDay(filter.from, zone) } }] : []),
          ...(filter.to
            ? [{ startsAt: { $lt: new Date(startOfDay(filter.to, zone).getTime() + 86_400_000) } }]
            : []),
          afterCursor(SORT, cursor),
        ],
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      const page = pageOf(rows, limit, (row) => [row.startsAt, row._id]);
      return { data: await toViews(page.data), nextCursor: page.nextCursor };
    },

    async create(actor: AccountActor, requestId: string, input: ShiftInput): Promise<ShiftView> {
      return inTransaction(async () => {
        const request = await requests.access(actor, requestId);
        mustEdit(actor, request.unitId);
        if (!SERVED_STATES.includes(request.state))
          throw new Conflict('request-not-served', { state: request.state });
        const span = await spanOf(input);
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
            breakMinutes: input.breakMinutes,
            leaderName: input.leaderName || actor.name,
            leaderPersonId: input.leaderName ? null : new Types.ObjectId(actor.personId),
            riskLevel: input.riskLevel,
            policyNumber: input.policyNumber,
            createdBy: new Types.ObjectId(actor.accountId),
            createdAt: contextNow(),
          } as never,
        ]);
        await recordAudit({ action: 'shifts/create', subjectType: 'Shift', subjectId: _id, to: 'draft' });
        return view((await ShiftModel.findById(_id).lean()) as ShiftRow);
      });
    },

    /** Times move freely until somebody has a place; then only by cancelling, so that nobody is moved silently. */
    async edit(
      actor: AccountActor,
      id: string,
      version: number | null,
      input: ShiftInput,
    ): Promise<ShiftView> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        mustEdit(actor, row.unitId);
        if (!['draft', 'published', 'locked'].includes(row.state))
          throw new Conflict('wrong-state', { state: row.state });
        const span = await spanOf(input);
        const moved =
          span.startsAt.getTime() !== row.startsAt.getTime() ||
          span.endsAt.getTime() !== row.endsAt.getTime();
        const taken = [...(await positionsOf([row._id])).values()]
          .flat()
          .reduce((sum, position) => sum + position.taken, 0);
        if (moved && taken > 0)
          throw new Invalid([{ path: 'date', code: 'shift-has-people', params: { count: taken } }]);
        const { breakMinutes, riskLevel, policyNumber } = input;
        const set = {
          ...span,
          breakMinutes,
          riskLevel,
          policyNumber,
          leaderName: input.leaderName || row.leaderName,
        };
        return view(await editRow(ShiftModel, id, { version, set, action: 'shifts/edit' }));
      });
    },

    async addPosition(actor: AccountActor, shiftId: string, input: PositionInput): Promise<PositionView> {
      return inTransaction(async () => {
        const shift = await access(actor, shiftId);
        mustEdit(actor, shift.unitId);
        if (!['draft', 'published', 'locked'].includes(shift.state))
          throw new Conflict('wrong-state', { state: shift.state });
        const _id = new Types.ObjectId();
        await PositionModel.create([
          {
            _id,
            requestId: shift.requestId,
            shiftId: shift._id,
            unitId: shift.unitId,
            ...storedPosition(input),
          } as never,
        ]);
        await refreshSkills(shift._id);
        await recordAudit({ action: 'positions/create', subjectType: 'Position', subjectId: _id });
        return toPositionView((await PositionModel.findById(_id).lean()) as PositionRow);
      });
    },

    async editPosition(
      actor: AccountActor,
      id: string,
      version: number | null,
      input: PositionInput,
    ): Promise<PositionView> {
      return inTransaction(async () => {
        const { position, shift } = await accessPosition(actor, id);
        mustEdit(actor, position.unitId);
        if (input.maximum < position.taken)
          throw new Invalid([{ path: 'maximum', code: 'places-taken', params: { count: position.taken } }]);
        const after = await editRow(PositionModel, id, {
          version,
          set: storedPosition(input),
          action: 'positions/edit',
        });
        await refreshSkills(shift._id);
        return toPositionView(after);
      });
    },

    async removePosition(actor: AccountActor, id: string): Promise<{ shiftId: string }> {
      return inTransaction(async () => {
        const { position, shift } = await accessPosition(actor, id);
        mustEdit(actor, position.unitId);
        if (shift.state !== 'draft') throw new Conflict('wrong-state', { state: shift.state });
        await PositionModel.deleteOne({ _id: position._id, taken: 0 });
        await refreshSkills(shift._id);
        await recordAudit({ action: 'positions/remove', subjectType: 'Position', subjectId: id });
        return { shiftId: String(shift._id) };
      });
    },

    /** What a shift still lacks before it may be published; codes. */
    async missing(id: string): Promise<string[]> {
      return missingOf((await ShiftModel.findById(id).lean()) as ShiftRow);
    },

    async publish(actor: AccountActor, id: string, version: number | null): Promise<ShiftView> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!can(actor, 'shifts:publish', String(row.unitId))) throw new Forbidden('not-permitted');
        const missing = await missingOf(row);
        if (missing.length > 0) throw new Invalid(missing.map((code) => ({ path: 'shift', code })));
        return view(
          await transition(ShiftModel, id, {
            lifecycle: shiftLifecycle,
            from: ['draft', 'locked'],
            to: 'published',
            version,
            action: 'shifts/publish',
          }),
        );
      });
    },

    async cancel(actor: AccountActor, id: string, reason: string): Promise<ShiftView> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!can(actor, 'shifts:publish', String(row.unitId))) throw new Forbidden('not-permitted');
        return view(await cancel(row, reason));
      });
    },

    /** For the sweep: shifts of any tenant whose start has come. */
    async dueToStart({
      now,
      limit,
      except,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await ShiftModel.find({
        state: { $in: ['published', 'locked'] },
        startsAt: { $lte: now },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ startsAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },
    async dueToEnd({
      now,
      limit,
      except,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await ShiftModel.find({
        state: 'running',
        endsAt: { $lte: now },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ endsAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },
    /** Starts a shift whose time has come, or cancels it when its people would not be insured. */
    async start(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await ShiftModel.findById(id).lean();
        if (!row || !['published', 'locked'].includes(row.state) || row.startsAt > contextNow()) return;
        if (!mayStart(row)) await cancel(row, 'no-insurance');
        else
          await transition(ShiftModel, id, {
            lifecycle: shiftLifecycle,
            from: [row.state],
            to: 'running',
            action: 'shifts/start',
          });
      });
    },
    async end(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await ShiftModel.findById(id).lean();
        if (!row || row.state !== 'running' || row.endsAt > contextNow()) return;
        await transition(ShiftModel, id, {
          lifecycle: shiftLifecycle,
          from: ['running'],
          to: 'ended',
          action: 'shifts/end',
        });
      });
    },
  };

  async function missingOf(row: ShiftRow): Promise<string[]> {
    const request = await requests.row(row.requestId);
    const positions = (await positionsOf([row._id])).get(String(row._id)) ?? [];
    return whatIsMissing(
      {
        ...row,
        placeLabel: row.place.label,
        description: request.description,
        risks: request.risks,
        support: request.support,
        positions,
      },
      contextNow(),
    );
  }

  async function cancel(row: ShiftRow, reason: string): Promise<ShiftRow> {
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
}

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

function storedPosition(input: PositionInput): Record<string, unknown> {
  const { credentialLevel, ...plain } = input;
  if (input.maximum < input.required) throw Invalid.field('maximum', 'maximum-below-required');
  if (input.minAge !== null && input.maxAge !== null && input.maxAge < input.minAge)
    throw Invalid.field('maxAge', 'ages-crossed');
  return {
    ...plain,
    credentials:
      credentialLevel === ''
        ? []
        : [{ type: 'social-worker', level: credentialLevel === 'any' ? '' : credentialLevel }],
  };
}

export const toPositionView = (row: PositionRow): PositionView => ({
  id: String(row._id),
  version: row.version,
  shiftId: String(row.shiftId),
  name: row.name,
  skills: row.skills.map(({ code, minLevel }) => ({ code, minLevel })),
  credentials: row.credentials.map(({ type, level }) => ({ type, level })),
  languages: row.languages,
  minAge: row.minAge,
  maxAge: row.maxAge,
  required: row.required,
  maximum: row.maximum,
  taken: row.taken,
  admission: row.admission,
});

export const toShiftView = (row: ShiftRow, positions: readonly PositionRow[]): ShiftView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  requestId: String(row.requestId),
  unitId: String(row.unitId),
  title: row.title,
  category: row.category,
  place: {
    label: row.place.label,
    address: row.place.address,
    latitude: row.place.point?.coordinates[1] ?? null,
    longitude: row.place.point?.coordinates[0] ?? null,
  },
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  breakMinutes: row.breakMinutes,
  leaderName: row.leaderName,
  riskLevel: row.riskLevel,
  policyNumber: row.policyNumber,
  positions: positions.map(toPositionView),
  ...coverage(positions),
});
