import { Types } from 'mongoose';
import type { Model, PipelineStage } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { reachOf } from '../../core/actor.ts';
import { acrossTenants, contextNow } from '../../core/context.ts';
import { addDays, localDate, startOfDay } from '../../core/time.ts';
import { tenantAggregate } from '../../db/builders.ts';
import type { Counting } from '../../db/builders.ts';
import { MOST_COUNTED } from '../../db/pagination.ts';
import { readShared } from '../../db/shared-reading.ts';
import { ShiftModel } from './shift.model.ts';
import type { DayCount } from './shift.schema.ts';

/** Open shifts of each of these tenants that have not begun, at most one more than `MOST_COUNTED`; in one read. */
export function countOpenShifts(tenantIds: readonly string[]): Promise<Map<string, number>> {
  const now = contextNow();
  const [first, ...others] = tenantIds.map((tenantId) => [
    { $match: { tenantId: new Types.ObjectId(tenantId), state: 'published', startsAt: { $gt: now } } },
    { $limit: MOST_COUNTED + 1 },
    { $group: { _id: '$tenantId', count: { $sum: 1 } } },
  ]);
  if (!first) return Promise.resolve(new Map());
  return acrossTenants('front page: how much each place has open', async () => {
    const rows = await ShiftModel.aggregate<{ _id: Types.ObjectId; count: number }>([
      ...first,
      ...others.map((pipeline) => ({ $unionWith: { coll: 'shifts', pipeline } })),
    ] as PipelineStage[]);
    return new Map(rows.map(({ _id, count }) => [String(_id), count]));
  });
}

/** Shifts of today, by the zone's calendar, within the actor's reach. */
export function shiftsToday(actor: Actor, zone: string): Counting {
  const today = localDate(contextNow(), zone);
  const reach = reachOf(actor, 'requests:see');
  return {
    model: ShiftModel,
    match: {
      state: { $in: ['published', 'locked', 'running', 'ended', 'settled'] },
      startsAt: { $gte: startOfDay(today, zone), $lt: startOfDay(addDays(today, 1), zone) },
      ...(reach === 'tenant'
        ? {}
        : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
    },
    most: MOST_COUNTED + 1,
  };
}

/** Shifts ahead whose places are looked at; days beyond them show how many shifts they have, and not who is missing. */
const LOOKED_AT = 120;
/** Cancelled ones do not count. */
const COUNTED = ['draft', 'published', 'locked', 'running', 'ended', 'settled'];

/**
 * How many shifts each local day has within the actor's reach, and how many people they still need: null where there are
 * too many shifts to look at each. The counting stays in an index, so a county's week costs little more than a village's.
 */
export async function countByDay(
  actor: Actor,
  from: string,
  days: number,
  zone: string,
): Promise<DayCount[]> {
  const dates = Array.from({ length: days }, (_unused, at) => addDays(from, at));
  const reach = reachOf(actor, 'requests:see');
  const span = { $gte: startOfDay(from, zone), $lt: startOfDay(addDays(from, days), zone) };
  const within = {
    state: { $in: COUNTED },
    ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
  };
  // Nobody is needed any more for what has begun.
  const now = contextNow();
  const ahead = span.$gte > now ? span : { $gt: now, $lt: span.$lt };
  const model = ShiftModel as unknown as Model<never>;
  const localDay = { $dateToString: { date: '$startsAt', format: '%Y-%m-%d', timezone: zone } };
  const read = () =>
    tenantAggregate<{ _id: string; shifts: number; missing?: number }>(model, [
      { $match: { ...within, startsAt: span } },
      { $project: { _id: 0, startsAt: 1 } },
      { $group: { _id: localDay, shifts: { $sum: 1 } } },
      {
        $unionWith: {
          coll: ShiftModel.collection.name,
          pipeline: [
            { $match: { ...within, startsAt: ahead } },
            { $sort: { startsAt: 1, _id: 1 } },
            { $limit: LOOKED_AT + 1 },
            { $project: { startsAt: 1 } },
            { $lookup: { from: 'positions', localField: '_id', foreignField: 'shiftId', as: 'positions' } },
            { $group: { _id: localDay, missing: { $sum: MISSING }, shifts: { $sum: 1 } } },
          ],
        },
      },
    ]);
  // Whoever sees the whole organisation is told the same.
  const found =
    reach === 'tenant' ? await readShared(`shift-days:${from}:${days}:${zone}`, read) : await read();
  const counts = found.filter((one) => one.missing === undefined);
  const needs = found.filter((one) => one.missing !== undefined);
  const looked = needs.reduce((sum, one) => sum + one.shifts, 0);
  // The day of the first one too many was not looked at whole.
  const known = looked > LOOKED_AT ? needs.map(({ _id }) => _id).reduce((a, b) => (a > b ? a : b)) : null;
  const missing = new Map(needs.map((one) => [one._id, one.missing ?? 0]));
  const byDate = new Map(counts.map(({ _id, shifts }) => [_id, shifts]));
  return dates.map((date) => ({
    date,
    shifts: byDate.get(date) ?? 0,
    missing: known !== null && date >= known ? null : (missing.get(date) ?? 0),
  }));
}

/** `coverage` of each position, in the database's words: one's surplus does not cover another's need. */
const MISSING = {
  $sum: {
    $map: { input: '$positions', in: { $max: [0, { $subtract: ['$$this.required', '$$this.taken'] }] } },
  },
};
