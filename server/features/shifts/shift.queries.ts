import type { Model, PipelineStage } from 'mongoose';
import { tenantAggregate } from '../../db/builders.ts';
import { afterCursor, decodeCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { ShiftModel } from './shift.model.ts';
import type { ShiftRow } from './shift.model.ts';

/** What narrows the public list; `after` is exclusive, `before` too. */
export interface OpenFilter {
  readonly after: Date;
  readonly before: Date | null;
  readonly skill: string | null;
  readonly category: string | null;
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
    .lean();
  return pageOf(rows, limit, (row) => [row.startsAt, row._id]);
}

/** The same within a radius, nearest first; shifts without a point are not there. Distances are whole metres or parts of one. */
export async function listNearShifts(
  filter: OpenFilter,
  nearby: Nearby,
  limit: number,
  cursor: string | undefined,
): Promise<Page<NearShift>> {
  const nearest = cursor ? Number(decodeCursor(cursor, NEAR_SORT.length)[0]) : 0;
  const rows = await tenantAggregate<NearShift>(ShiftModel as unknown as Model<never>, [
    {
      $geoNear: {
        near: { type: 'Point', coordinates: [nearby.longitude, nearby.latitude] },
        key: 'place.point',
        distanceField: 'distanceMetres',
        spherical: true,
        maxDistance: nearby.radiusMetres,
        // Later pages begin where the last one ended, instead of walking the circle anew.
        minDistance: Number.isFinite(nearest) ? Math.max(0, nearest) : 0,
        query: filterOf(filter),
      },
    } as PipelineStage,
    { $sort: sortOf(NEAR_SORT) },
    { $match: afterCursor(NEAR_SORT, cursor) },
    { $limit: limit + 1 },
  ]);
  return pageOf(rows, limit, (row) => [row.distanceMetres, row._id]);
}
