import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { addDays, localDate, startOfDay } from '../../core/time.ts';
import { PositionModel, ShiftModel } from './shift.model.ts';
import { sumSeats } from './shift.rules.ts';
import type { DayCount } from './shift.schema.ts';

/** Published shifts of the current tenant that have not begun. */
export const countOpenShifts = (): Promise<number> =>
  ShiftModel.countDocuments({ state: 'published', startsAt: { $gt: contextNow() } });

/** Shifts of today, by the zone's calendar, within the actor's reach. */
export async function countShiftsToday(actor: Actor, zone: string): Promise<number> {
  const today = localDate(contextNow(), zone);
  const reach = reachOf(actor, 'requests:see');
  return ShiftModel.countDocuments({
    state: { $in: ['published', 'locked', 'running', 'ended', 'settled'] },
    startsAt: { $gte: startOfDay(today, zone), $lt: startOfDay(addDays(today, 1), zone) },
    ...(reach === 'tenant'
      ? {}
      : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
  });
}

/** More shifts in a week than anybody could look through. */
const MOST_OF_A_WEEK = 3_000;

/** How many shifts each local day has within the actor's reach, and how many people they still need; cancelled ones do not count. */
export async function countByDay(
  actor: Actor,
  from: string,
  days: number,
  zone: string,
): Promise<DayCount[]> {
  const dates = Array.from({ length: days }, (_unused, at) => addDays(from, at));
  const reach = reachOf(actor, 'requests:see');
  const rows = await ShiftModel.find({
    state: { $in: ['draft', 'published', 'locked', 'running', 'ended', 'settled'] },
    startsAt: { $gte: startOfDay(from, zone), $lt: startOfDay(addDays(from, days), zone) },
    ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
  })
    .select({ startsAt: 1 })
    .limit(MOST_OF_A_WEEK)
    .lean();
  // Nobody is needed any more for what has begun.
  const now = contextNow();
  const ahead = rows.filter(({ startsAt }) => startsAt > now).map(({ _id }) => _id);
  const positions = await PositionModel.find({ shiftId: { $in: ahead } })
    .select({ shiftId: 1, required: 1, maximum: 1, taken: 1 })
    .lean();
  const byShift = Map.groupBy(positions, ({ shiftId }) => String(shiftId));
  const byDate = Map.groupBy(rows, ({ startsAt }) => localDate(startsAt, zone));
  return dates.map((date) => {
    const own = byDate.get(date) ?? [];
    const seats = own.flatMap(({ _id }) => byShift.get(String(_id)) ?? []);
    return { date, shifts: own.length, missing: sumSeats(seats).missing };
  });
}
