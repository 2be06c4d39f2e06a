import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import { localDate } from '../../core/time.ts';
import type { TenantService } from './tenant.service.ts';

/** What a sweep asks for: what is due now, at most so many, without those that failed in this turn. */
export interface DueQuery {
  readonly now: Date;
  readonly limit: number;
  readonly except: readonly string[];
}
export interface DueRow {
  readonly tenantId: string;
  readonly id: string;
}

/** No place of the world has a later date. */
const FAR_EAST = 'Pacific/Kiritimati';

/**
 * Rows of any tenant whose date has come by the tenant's own calendar, oldest first; for sweeps.
 * @param field holds a date (`YYYY-MM-DD`), or null where nothing waits; indexed
 */
export async function dueByLocalDate<Row>(
  model: Model<Row>,
  field: keyof Row & string,
  { now, limit, except }: DueQuery,
  tenants: Pick<TenantService, 'get'>,
): Promise<DueRow[]> {
  const rows = (await model
    .find({
      [field]: { $type: 'string', $lte: localDate(now, FAR_EAST) },
      _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
    } as never)
    .sort({ [field]: 1 })
    .limit(limit)
    .select(['tenantId', field])
    .lean()) as unknown as (Record<string, unknown> & { _id: unknown })[];
  const dates = new Map<string, string>();
  for (const id of new Set(rows.map((row) => String(row['tenantId']))))
    dates.set(id, localDate(now, (await tenants.get(id)).zone));
  return rows
    .filter((row) => String(row[field]) <= (dates.get(String(row['tenantId'])) ?? ''))
    .map((row) => ({ tenantId: String(row['tenantId']), id: String(row._id) }));
}
