import { Types } from 'mongoose';
import type { Model, PipelineStage } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { readOnceHere } from '../../core/context.ts';
import { Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { Permission } from '../../core/permissions.ts';
import { tenantAggregate } from '../../db/builders.ts';
import { exactly } from '../../db/fields.ts';
import type { LocalText } from '../../db/fields.ts';
import { requireTransaction } from '../../db/transaction.ts';
import type { RequestRow } from '../requests/index.ts';
import { natureOf } from './nature.rules.ts';
import { PLACE_METRES, PositionModel, ShiftModel } from './shift.model.ts';
import type { PositionRow, ShiftRow } from './shift.model.ts';
import { sumSeats } from './shift.rules.ts';
import type { PositionView, ShiftView } from './shift.schema.ts';

/** A position with the shift it belongs to: what matching, offers and assignments decide on. */
export interface PositionWithShift {
  readonly position: PositionRow;
  readonly shift: ShiftRow;
}

export interface OpenShiftsQuery {
  /** Shifts that start after this instant. */
  readonly from: Date;
  readonly to?: Date | null;
  readonly limit?: number;
}

/** What a member may do with any shift that is public: these look past the unit, not past a draft. */
const OPEN_TO_MEMBERS: readonly Permission[] = [
  'opportunities:see',
  'assignments:accept-own',
  'assignments:see-own',
  'attendance:check-in-own',
];
/** How many open shifts one ranking looks at, unless told otherwise. */
const MOST_OPEN = 500;

/** Rows that the database sends in its first answer; it would send 101 and be asked again. */
export const IN_ONE_GO = 5_000;

const oldestFirst = (a: PositionRow, b: PositionRow): number => (String(a._id) < String(b._id) ? -1 : 1);

const oid = (id: string | Types.ObjectId): Types.ObjectId => new Types.ObjectId(String(id));

/** A page asks for its shift and its positions from several sides, and sees one state of them. */
const findShift = async (id: string | Types.ObjectId): Promise<ShiftRow | null> =>
  isId(String(id))
    ? readOnceHere(
        `shift:${String(id)}`,
        async () => (await ShiftModel.findById(id).lean()) as ShiftRow | null,
      )
    : null;
const findPosition = async (id: string | Types.ObjectId): Promise<PositionRow | null> =>
  isId(String(id))
    ? readOnceHere(
        `position:${String(id)}`,
        async () => (await PositionModel.findById(id).lean()) as PositionRow | null,
      )
    : null;

/** @throws NotFound when the actor may not know of it, Forbidden when they may see it and not do this */
function admit(actor: Actor, shift: ShiftRow, permission: Permission): void {
  const unitId = String(shift.unitId);
  if (OPEN_TO_MEMBERS.includes(permission)) {
    if (shift.state === 'draft' || !can(actor, permission)) throw new NotFound();
    return;
  }
  if (!can(actor, 'requests:see', unitId) && !can(actor, 'assignments:see', unitId)) throw new NotFound();
  mustBeAllowed(actor, shift, permission);
}

/** The only way to a shift by id; missing, foreign and out of reach are the same. @throws NotFound, Forbidden */
export async function accessShift(
  actor: Actor,
  id: string,
  permission: Permission = 'requests:see',
): Promise<ShiftRow> {
  const shift = await findShift(id);
  if (!shift) throw new NotFound();
  admit(actor, shift, permission);
  return shift;
}

/** The same for a position; it is as visible as its shift. */
export async function accessPosition(
  actor: Actor,
  id: string,
  permission: Permission = 'requests:see',
): Promise<PositionWithShift> {
  const position = await findPosition(id);
  const shift = position ? await findShift(position.shiftId) : null;
  if (!position || !shift) throw new NotFound();
  admit(actor, shift, permission);
  return { position, shift };
}

/** Pages tell of a shift's past only why it was cancelled. */
const ONLY_WHY_CANCELLED: PipelineStage = {
  $set: { history: { $cond: [{ $eq: ['$state', 'cancelled'] }, '$history', []] } },
};

/** A shift with what stands around it on its own pages; the rest of its past and of its request's is not read. */
export interface WholeShift {
  readonly shift: ShiftRow;
  /** Oldest first. */
  readonly positions: readonly PositionRow[];
  readonly request: Omit<RequestRow, 'history' | 'titleKeys'>;
  readonly unitName: LocalText | null;
}

/** A shift, its positions, its request and its unit in one read, inside the current tenant; null when there is none. */
export async function findWholeShift(id: string): Promise<WholeShift | null> {
  if (!isId(id)) return null;
  const joined = (
    from: string,
    localField: string,
    foreignField: string,
    fields: Record<string, 0 | 1>,
  ): PipelineStage => ({
    $lookup: { from, localField, foreignField, as: from, pipeline: [{ $project: fields }] },
  });
  const [found] = await tenantAggregate<
    ShiftRow & { positions: PositionRow[]; requests: WholeShift['request'][]; units: { name: LocalText }[] }
  >(ShiftModel as unknown as Model<never>, [
    { $match: { _id: oid(id) } },
    ONLY_WHY_CANCELLED,
    joined('positions', '_id', 'shiftId', { waitSeq: 0 }),
    joined('requests', 'requestId', '_id', { history: 0, titleKeys: 0 }),
    joined('units', 'unitId', '_id', { name: 1 }),
  ]);
  if (!found) return null;
  const { positions, requests, units, ...shift } = found;
  const [request] = requests;
  return request
    ? { shift, positions: positions.sort(oldestFirst), request, unitName: units[0]?.name ?? null }
    : null;
}

/** @throws NotFound when the actor may not know of it, Forbidden when they may see it and not do this */
export async function accessWholeShift(
  actor: Actor,
  id: string,
  permission: Permission = 'requests:see',
): Promise<WholeShift> {
  const found = await findWholeShift(id);
  if (!found) throw new NotFound();
  admit(actor, found.shift, permission);
  return found;
}

/** @throws Forbidden when the actor, who may know of the shift, may not do this with it */
export function mustBeAllowed(actor: Actor, shift: Pick<ShiftRow, 'unitId'>, permission: Permission): void {
  if (!can(actor, permission, String(shift.unitId))) throw new Forbidden('not-permitted');
}

/**
 * A shift with rows that point to it by `shiftId`, in one read; a screen that stays open all day asks for both again and
 * again. The shift comes without its past, and the rows as the stages leave them, inside the current tenant.
 * @throws NotFound when the actor may not know of the shift, Forbidden when they may not do this with it
 */
export async function accessShiftWith<Row>(
  actor: Actor,
  id: string,
  permission: Permission,
  rows: { readonly from: string; readonly stages: readonly PipelineStage[] },
): Promise<{ shift: Omit<ShiftRow, 'history'>; rows: Row[] }> {
  if (!isId(id)) throw new NotFound();
  const [found] = await tenantAggregate<ShiftRow & { rows: Row[] }>(ShiftModel as unknown as Model<never>, [
    { $match: { _id: oid(id) } },
    { $unset: 'history' },
    {
      $lookup: {
        from: rows.from,
        localField: '_id',
        foreignField: 'shiftId',
        as: 'rows',
        pipeline: rows.stages as never,
      },
    },
  ]);
  if (!found) throw new NotFound();
  const { rows: beside, ...shift } = found;
  admit(actor, shift, permission);
  return { shift, rows: beside };
}

/** Without asking who wants it, inside the current tenant. @throws NotFound */
export async function shiftFacts(id: string | Types.ObjectId): Promise<ShiftRow> {
  const shift = await findShift(id);
  if (!shift) throw new NotFound();
  return shift;
}

/** Without asking who wants it, inside the current tenant; null when there is none. */
export async function findPositionFacts(id: string | Types.ObjectId): Promise<PositionWithShift | null> {
  const position = await findPosition(id);
  const shift = position ? await findShift(position.shiftId) : null;
  return position && shift ? { position, shift } : null;
}

/** @throws NotFound */
export async function positionFacts(id: string | Types.ObjectId): Promise<PositionWithShift> {
  const found = await findPositionFacts(id);
  if (!found) throw new NotFound();
  return found;
}

export async function listShifts(ids: readonly (string | Types.ObjectId)[]): Promise<ShiftRow[]> {
  return ShiftModel.find({ _id: { $in: ids.map(oid) } }).lean();
}

/**
 * Shifts in the order with their positions, oldest first, in one read. Of their past only what a cancelled one says of
 * why is read: the rest of it is most of a row.
 */
export async function listWithPositions(
  filter: Record<string, unknown>,
  sort: Record<string, 1 | -1>,
  limit: number,
): Promise<(ShiftRow & { positions: PositionRow[] })[]> {
  const rows = await tenantAggregate<ShiftRow & { positions: PositionRow[] }>(
    ShiftModel as unknown as Model<never>,
    [
      { $match: filter },
      { $sort: sort },
      { $limit: limit },
      ONLY_WHY_CANCELLED,
      {
        $lookup: {
          from: 'positions',
          localField: '_id',
          foreignField: 'shiftId',
          as: 'positions',
          pipeline: [],
        },
      },
    ],
    // One more than there can be: the database knows that it has told all.
    { batchSize: limit + 1 },
  );
  for (const { positions } of rows) positions.sort(oldestFirst);
  return rows;
}

/** Positions by the id of their shift, oldest first; one query however many shifts. */
export async function listPositionsOf(
  shiftIds: readonly (string | Types.ObjectId)[],
): Promise<Map<string, PositionRow[]>> {
  if (shiftIds.length === 0) return new Map();
  const rows = await PositionModel.find({ shiftId: { $in: shiftIds.map(oid) } })
    .batchSize(IN_ONE_GO)
    .lean();
  // Sorted here: a shift has a handful, and the database would merge one scan a shift into the order.
  rows.sort(oldestFirst);
  return Map.groupBy(rows, (row) => String(row.shiftId));
}

/** Published shifts that start after `from`, soonest first: what people can still ask for. */
export async function openShifts(query: OpenShiftsQuery): Promise<ShiftRow[]> {
  return ShiftModel.find({
    state: 'published',
    startsAt: { $gt: query.from, ...(query.to ? { $lt: query.to } : {}) },
  })
    .sort({ startsAt: 1, _id: 1 })
    .limit(query.limit ?? MOST_OPEN)
    .lean();
}

/** Takes one seat if one is free: the filter, not the caller, wins the race (invariant 3). Only in a transaction. */
export async function reserveSeat(positionId: string | Types.ObjectId): Promise<boolean> {
  requireTransaction('A seat');
  const result = await PositionModel.updateOne(
    { _id: oid(positionId), $expr: { $lt: ['$taken', '$maximum'] } },
    { $inc: { taken: 1 } },
  );
  return result.modifiedCount === 1;
}

/** Gives a seat back. @returns the shift it is of; null when none was taken, which would be a bug of the caller */
export async function releaseSeat(positionId: string | Types.ObjectId): Promise<Types.ObjectId | null> {
  requireTransaction('A seat');
  const before = await PositionModel.findOneAndUpdate(
    { _id: oid(positionId), taken: { $gt: 0 } },
    { $inc: { taken: -1 } },
  )
    .select({ shiftId: 1 })
    .lean();
  return before?.shiftId ?? null;
}

/** The next number of the position's waitlist. Only in a transaction. @throws NotFound */
export async function nextWaitSeq(positionId: string | Types.ObjectId): Promise<number> {
  requireTransaction('A place in the waitlist');
  const row = await PositionModel.findOneAndUpdate(
    { _id: oid(positionId) },
    { $inc: { waitSeq: 1 } },
    { returnDocument: 'after' },
  ).lean();
  if (!row) throw new NotFound();
  return row.waitSeq;
}

export const toPositionView = (row: PositionRow): PositionView => ({
  id: String(row._id),
  version: row.version,
  requestId: String(row.requestId),
  shiftId: String(row.shiftId),
  name: row.name,
  skills: row.skills.map(({ code, minLevel }) => ({ code, minLevel })),
  credentials: row.credentials.map(({ type, level, name }) => ({ type, level, ...(name ? { name } : {}) })),
  pools: (row.pools ?? []).map(({ id, name }) => ({ id, name })),
  trainings: (row.trainings ?? []).map(({ courseId, title }) => ({ courseId, title })),
  languages: [...row.languages],
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
  place: { label: row.place.label, address: row.place.address, point: exactly(row.place) ?? null },
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  breakMinutes: row.breakMinutes,
  leaderName: row.leaderName,
  riskLevel: row.riskLevel,
  policyNumber: row.policyNumber,
  radiusMetres: row.radiusMetres ?? PLACE_METRES,
  nature: natureOf(row),
  seriesId: row.seriesId ? String(row.seriesId) : null,
  cancelReason: row.history.findLast((entry) => entry.to === 'cancelled')?.reason ?? null,
  positions: positions.map(toPositionView),
  ...sumSeats(positions),
});
