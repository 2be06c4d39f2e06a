import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import { addDays, startOfDay } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { tenantFind } from '../../db/builders.ts';
import type { LocalText } from '../../db/fields.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, sideBySide } from '../../db/transaction.ts';
import { born } from '../../db/transition.ts';
import { isEditable } from '../requests/request.rules.ts';
import type { RequestService } from '../requests/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { createPositionService } from './position.service.ts';
import type { KnownPools, KnownTypes, OpenCourses } from './position.service.ts';
import { createSeriesService } from './series.service.ts';
import { createTemplateService } from './template.service.ts';
import { createShiftEditing } from './shift.editing.ts';
import * as facts from './shift.facts.ts';
import { createShiftLifecycle } from './shift.lifecycle.ts';
import { createShiftListeners } from './shift.listeners.ts';
import { natureOf } from './nature.rules.ts';
import { PLACE_METRES, PositionModel, ShiftModel } from './shift.model.ts';
import { CHANGEABLE, gapsIn, toViews, viewOf } from './shift.reading.ts';
import { sumSeats } from './shift.rules.ts';
import type { Gap } from './shift.rules.ts';
import type { ShiftInput, ShiftView } from './shift.schema.ts';
import { spanOf } from './wall.ts';

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

const SORT: readonly SortKey[] = [
  ['startsAt', 1],
  ['_id', 1],
];
const ids = (texts: Iterable<string>): Types.ObjectId[] => [...texts].map((id) => new Types.ObjectId(id));
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
  const listeners = createShiftListeners();

  // Shifts that are not over say what their request says now.
  requests.onEdited(async ({ requestId, ...words }) => {
    await ShiftModel.updateMany(
      { requestId: new Types.ObjectId(requestId), state: { $in: CHANGEABLE } },
      { $set: words },
    );
  });

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
          radiusMetres: input.radiusMetres ?? PLACE_METRES,
          nature: natureOf(input),
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
      return viewOf(await facts.shiftFacts(_id));
    });
  }

  const { publishRow, ...lifecycle } = createShiftLifecycle({ requests, listeners });
  const series = createSeriesService({ requests, tenants, units, publish: publishRow });
  const positions = createPositionService({
    knownTypes,
    knownPools,
    openCourses,
    opened: listeners.opened,
  });
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
    ...lifecycle,
    ...createShiftEditing({ tenants, listeners }),
    rootUnit: async (): Promise<string> => (await tenants.current()).rootUnitId,
    access: facts.accessShift,
    accessWith: facts.accessShiftWith,
    mustBeAllowed: facts.mustBeAllowed,
    row: facts.shiftFacts,
    rows: facts.listShifts,
    position: facts.findPositionFacts,
    positionsOf: facts.listPositionsOf,
    toViews,
    onShiftCancelled: listeners.onShiftCancelled,
    onShiftChanged: listeners.onShiftChanged,
    onShiftOpened: listeners.onShiftOpened,

    /** Gives a seat back; unless the shift is over and done with, others can have it. Only in a transaction. */
    async releaseSeat(positionId: string | Types.ObjectId, free = true): Promise<void> {
      const shiftId = await facts.releaseSeat(positionId);
      if (shiftId && free) await listeners.opened(shiftId);
    },

    async show(actor: Actor, id: string): Promise<ShiftView> {
      return viewOf(await facts.accessShift(actor, id));
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
      const rows = await facts.listWithPositions(
        {
          ...(filter.state ? { state: filter.state } : {}),
          ...(filter.requestId ? { requestId: new Types.ObjectId(filter.requestId) } : {}),
          ...(filter.seriesId ? { seriesId: new Types.ObjectId(filter.seriesId) } : {}),
          ...(allowed ? { unitId: { $in: ids(allowed) } } : {}),
          $and: [
            ...(filter.from ? [{ startsAt: { $gte: startOfDay(filter.from, zone) } }] : []),
            ...(filter.to ? [{ startsAt: { $lt: startOfDay(addDays(filter.to, 1), zone) } }] : []),
            afterCursor(SORT, cursor),
          ],
        },
        sortOf(SORT),
        limit + 1,
      );
      const page = pageOf(rows, limit, (row) => [row.startsAt, row._id]);
      return {
        data: page.data.map(({ positions: own, ...row }) => facts.toShiftView(row, own)),
        nextCursor: page.nextCursor,
      };
    },

    /** How many shifts each request has and how full they are; cancelled ones do not count. */
    async digestsOf(requestIds: readonly string[]): Promise<Map<string, Digest>> {
      const [shifts, positions] = await sideBySide([
        () =>
          tenantFind(
            ShiftModel,
            { requestId: { $in: ids(requestIds) }, state: { $ne: 'cancelled' } },
            { requestId: 1, startsAt: 1 },
            facts.IN_ONE_GO,
          ),
        () =>
          tenantFind(
            PositionModel,
            { requestId: { $in: ids(requestIds) } },
            { requestId: 1, shiftId: 1, required: 1, maximum: 1, taken: 1 },
            facts.IN_ONE_GO,
          ),
      ]);
      const live = new Set(shifts.map((shift) => String(shift._id)));
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
  };
}
