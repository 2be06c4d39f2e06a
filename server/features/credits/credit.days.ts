import { Types } from 'mongoose';
import { CreditModel } from './credit.model.ts';

/** Posted credit hours of these people in the current tenant, raw: day, minutes and dimension of each, in one query. */
export async function creditDaysOf(
  personIds: readonly string[],
): Promise<Map<string, { on: string; minutes: number; dimension: string }[]>> {
  const rows = await CreditModel.find({
    personId: { $in: personIds.map((id) => new Types.ObjectId(id)) },
    state: 'posted',
  })
    .select({ personId: 1, date: 1, minutes: 1, dimension: 1 })
    .lean();
  const found = new Map<string, { on: string; minutes: number; dimension: string }[]>();
  for (const { personId, date, minutes, dimension } of rows) {
    const key = String(personId);
    const day = { on: date, minutes, dimension };
    const own = found.get(key);
    if (own) own.push(day);
    else found.set(key, [day]);
  }
  return found;
}
