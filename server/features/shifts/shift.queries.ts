import type { Model, PipelineStage, Types } from 'mongoose';
import { tenantAggregate } from '../../db/builders.ts';
import { readShared } from '../../db/shared-reading.ts';
import { afterCursor, decodeCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { NATURES } from './nature.rules.ts';
import { ShiftModel } from './shift.model.ts';
import type { PositionRow, ShiftRow } from './shift.model.ts';

/** What narrows the public list; `after` is exclusive, `before` too. */
export interface OpenFilter {
  readonly after: Date;
  readonly before: Date | null;
  readonly skill: string | null;
  readonly category: string | null;
  /** Only these, as far as they are open. */
  readonly ids?: readonly Types.ObjectId[];
}

export interface Nearby {
  readonly latitude: number;
  readonly longitude: number;
  readonly radiusMetres: number;
}

export type NearShift = ShiftRow & { readonly distanceMetres: number };

const SORT: readonly SortKey[] = [
  ['startsAt', 1],
  ['_id', 1],
];
const NEAR_SORT: readonly SortKey[] = [
  ['distanceMetres', 1],
  ['_id', 1],
];

const filterOf = (filter: OpenFilter): Record<string, unknown> => ({
  state: 'published',
  startsAt: { $gt: filter.after, ...(filter.before ? { $lt: filter.before } : {}) },
  ...(filter.skill ? { skillCodes: filter.skill } : {}),
  ...(filter.category ? { category: filter.category } : {}),
  ...(filter.ids ? { _id: { $in: filter.ids } } : {}),
});

/** Published shifts of the current tenant that have not begun, soonest first. */
export async function listOpenShifts(
  filter: OpenFilter,
  limit: number,
  cursor: string | undefined,
): Promise<Page<ShiftRow>> {
  const rows = await ShiftModel.find({ ...filterOf(filter), ...afterCursor(SORT, cursor) } as never)
    .sort(sortOf(SORT))
    .limit(limit + 1)
    .batchSize(limit + 1)
    .lean();
  return pageOf(rows, limit, (row) => [row.startsAt, row._id]);
}

/** What no fit is judged by and no list shows: of two hundred shifts, half of what would be read. */
const UNSEEN = {
  history: 0,
  tenantId: 0,
  leaderName: 0,
  leaderPersonId: 0,
  seriesId: 0,
  seriesDate: 0,
  copied: 0,
  staffed: 0,
  createdBy: 0,
  createdAt: 0,
} as const;
const UNSEEN_OF_POSITION = { tenantId: 0, requestId: 0, unitId: 0, waitSeq: 0, version: 0 } as const;
/** A shift without its past: what a fit is judged by. */
export type PlannedShift = Omit<ShiftRow, keyof typeof UNSEEN>;
export type PlannedPosition = Omit<PositionRow, keyof typeof UNSEEN_OF_POSITION>;
/** A shift with its positions, oldest first. */
export type OpenShift = PlannedShift & {
  readonly positions: PlannedPosition[];
  /** The kinds of those among its people who make a team: certified and semi-professional workers. */
  readonly members: { readonly kind: string }[];
};

/** Kinds of members that matching mixes into teams; all others are many, and not looked at. */
const TEAM_KINDS = ['social-worker', 'community-worker'];
/** States of an assignment that occupy a seat before the shift begins. */
const SEATED = ['accepted', 'confirmed', 'checked_in'];
/** Seats whose people are looked at: what is gathered has to fit into one document of the database. */
const MOST_SEATS = 20_000;

/** Shifts with what belongs to all of them, beside each other. */
interface Gathered {
  readonly shifts: PlannedShift[];
  readonly positions: PlannedPosition[];
  readonly seated: { readonly shiftId: Types.ObjectId; readonly membershipId: Types.ObjectId }[];
  readonly members: { readonly _id: Types.ObjectId; readonly kind: string }[];
}

/** A look-up for all that was gathered at once: looked up for each by itself, two hundred shifts take the database six times as long. */
const beside = (
  from: string,
  fields: readonly [localField: string, foreignField: string],
  as: keyof Gathered,
  pipeline: PipelineStage.Lookup['$lookup']['pipeline'],
): PipelineStage => ({
  $lookup: { from, localField: fields[0], foreignField: fields[1], as, pipeline: pipeline ?? [] },
});

/**
 * The soonest open shifts with their positions and teams, in one read: what the pages of one person pick from. Everybody is
 * shown the same ones, so a page may be told what another was a moment ago; whoever asks for certain ones reads them anew.
 */
export async function soonestOpen(
  filter: Pick<OpenFilter, 'after'> & Partial<OpenFilter>,
  limit: number,
): Promise<OpenShift[]> {
  const wanted = { before: null, skill: null, category: null, ...filter };
  const { after, ids, ...words } = wanted;
  if (ids !== undefined) return readOpen(wanted, limit);
  const shared = await readShared(`open-shifts:${limit}:${JSON.stringify(words)}`, () =>
    readOpen(wanted, limit),
  );
  return shared.filter(({ startsAt }) => startsAt > after);
}

async function readOpen(wanted: OpenFilter, limit: number): Promise<OpenShift[]> {
  const [found] = await tenantAggregate<Gathered>(ShiftModel as unknown as Model<never>, [
    { $match: filterOf(wanted) },
    { $sort: sortOf(SORT) },
    { $limit: limit },
    { $project: UNSEEN },
    { $group: { _id: null, ids: { $push: '$_id' }, shifts: { $push: '$$ROOT' } } },
    beside('positions', ['ids', 'shiftId'], 'positions', [{ $project: UNSEEN_OF_POSITION }]),
    beside('assignments', ['ids', 'shiftId'], 'seated', [
      { $match: { state: { $in: SEATED } } },
      { $limit: MOST_SEATS },
      { $project: { _id: 0, shiftId: 1, membershipId: 1 } },
    ]),
    beside('memberships', ['seated.membershipId', '_id'], 'members', [
      { $match: { kind: { $in: TEAM_KINDS } } },
      { $project: { kind: 1 } },
    ]),
    {
      $project: {
        _id: 0,
        shifts: 1,
        positions: 1,
        members: 1,
        seated: { $filter: { input: '$seated', cond: { $in: ['$$this.membershipId', '$members._id'] } } },
      },
    },
  ]);
  return found ? apart(found) : [];
}

/** Each shift with what is its own. */
function apart({ shifts, positions, seated, members }: Gathered): OpenShift[] {
  const kinds = new Map(members.map(({ _id, kind }) => [String(_id), kind]));
  const byId = new Map<string, OpenShift>();
  const open = shifts.map((shift) => {
    const own: OpenShift = Object.assign(shift, { positions: [], members: [] });
    byId.set(String(shift._id), own);
    return own;
  });
  positions.sort((a, b) => (String(a._id) < String(b._id) ? -1 : 1));
  for (const position of positions) byId.get(String(position.shiftId))?.positions.push(position);
  for (const { shiftId, membershipId } of seated) {
    const kind = kinds.get(String(membershipId));
    if (kind !== undefined) byId.get(String(shiftId))?.members.push({ kind });
  }
  return open;
}

/**
 * The same within a radius, nearest first; shifts without a point are not there. Distances are whole metres or parts of
 * one. Many shifts are in one place, at one distance to the last digit: the first reading finds how far the page goes,
 * the second orders all that are so near. Neither walks the whole circle, as one sorted reading would.
 */
export async function listNearShifts(
  filter: OpenFilter,
  nearby: Nearby,
  limit: number,
  cursor: string | undefined,
): Promise<Page<NearShift>> {
  const from = cursor ? Number(decodeCursor(cursor, NEAR_SORT.length)[0]) : 0;
  const within = (maxDistance: number, stages: PipelineStage[]): Promise<NearShift[]> =>
    tenantAggregate<NearShift>(ShiftModel as unknown as Model<never>, [
      {
        $geoNear: {
          near: { type: 'Point', coordinates: [nearby.longitude, nearby.latitude] },
          key: 'place.point',
          distanceField: 'distanceMetres',
          spherical: true,
          maxDistance,
          // Later pages begin where the last one ended, instead of walking the circle anew.
          minDistance: Number.isFinite(from) ? Math.max(0, from) : 0,
          query: filterOf(filter),
        },
      } as PipelineStage,
      { $match: afterCursor(NEAR_SORT, cursor) },
      ...stages,
    ]);
  const reached = await within(nearby.radiusMetres, [
    { $limit: limit + 1 },
    { $project: { distanceMetres: 1 } },
  ]);
  const last = reached.at(-1);
  if (!last) return { data: [], nextCursor: null };
  const rows = await within(reached.length > limit ? last.distanceMetres : nearby.radiusMetres, [
    { $sort: sortOf(NEAR_SORT) },
    { $limit: limit + 1 },
  ]);
  return pageOf(rows, limit, (row) => [row.distanceMetres, row._id]);
}

/** What of an open shift tells whether somebody looks for it. */
export type ShiftInShort = Pick<
  ShiftRow,
  '_id' | 'title' | 'place' | 'category' | 'skillCodes' | 'startsAt' | 'endsAt'
>;

/** Open shifts in short, soonest first, at most `limit`. */
export async function openShiftsInShort(filter: OpenFilter, limit: number): Promise<ShiftInShort[]> {
  return ShiftModel.find(filterOf(filter) as never)
    .sort(sortOf(SORT))
    .limit(limit)
    .batchSize(limit + 1)
    .select({ title: 1, place: 1, category: 1, skillCodes: 1, startsAt: 1, endsAt: 1 })
    .lean();
}

/** What a board of the day shows of a shift. */
export type ShiftOfDay = Pick<
  ShiftRow,
  '_id' | 'title' | 'state' | 'unitId' | 'place' | 'startsAt' | 'endsAt' | 'nature'
>;

/** Imported shifts last up to a day, others less. */
const LONGEST_MS = 24 * 3_600_000;
/** Shifts at which people are or were expected. */
const ON_BOARD = ['published', 'locked', 'running', 'ended', 'settled'];

/**
 * Shifts that any part of the stretch belongs to, by start: also one that began the evening before and is not over when it begins.
 * @param within ids of the units whose shifts are wanted; null for all
 */
export async function listShiftsBetween(
  span: { readonly from: Date; readonly to: Date },
  within: readonly Types.ObjectId[] | null,
  limit: number,
  cursor: string | undefined,
): Promise<Page<ShiftOfDay>> {
  const rows = await ShiftModel.find({
    state: { $in: ON_BOARD },
    startsAt: { $gt: new Date(span.from.getTime() - LONGEST_MS), $lt: span.to },
    endsAt: { $gt: span.from },
    ...(within ? { unitId: { $in: within } } : {}),
    ...afterCursor(SORT, cursor),
  } as never)
    .sort(sortOf(SORT))
    .limit(limit + 1)
    .batchSize(limit + 1)
    .select({ title: 1, state: 1, unitId: 1, place: 1, startsAt: 1, endsAt: 1, nature: 1 })
    .lean();
  return pageOf(rows, limit, (row) => [row.startsAt, row._id]);
}

/** Ids of all shifts that give no volunteer hours, of whatever the caller's scope lets it read; for checks. */
export async function shiftsWithoutHours(): Promise<Set<string>> {
  const rows = await ShiftModel.find({ nature: { $in: NATURES.filter((nature) => nature !== 'volunteer') } })
    .select({ _id: 1 })
    .lean();
  return new Set(rows.map(({ _id }) => String(_id)));
}
