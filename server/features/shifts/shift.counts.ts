import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { reachOf } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { addDays, localDate, startOfDay } from '../../core/time.ts';
import { ShiftModel } from './shift.model.ts';

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
