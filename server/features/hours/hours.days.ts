import { Types } from 'mongoose';
import { localDate } from '../../core/time.ts';
import { HoursModel } from './hours.model.ts';

/** Posted service of these people in the current tenant: local day and whole minutes of each, in one query. */
export async function postedDaysOf(
  personIds: readonly string[],
  zone: string,
): Promise<Map<string, { on: string; minutes: number }[]>> {
  const rows = await HoursModel.find({
    personId: { $in: personIds.map((id) => new Types.ObjectId(id)) },
    state: 'posted',
  })
    .select({ personId: 1, servedFrom: 1, recordedMinutes: 1 })
    .lean();
  const found = new Map<string, { on: string; minutes: number }[]>();
  for (const { personId, servedFrom, recordedMinutes } of rows) {
    const key = String(personId);
    const day = { on: localDate(servedFrom, zone), minutes: recordedMinutes };
    const own = found.get(key);
    if (own) own.push(day);
    else found.set(key, [day]);
  }
  return found;
}
