import { Types } from 'mongoose';
import { RegistrationWatchModel } from './watch.model.ts';

/** The registration of each social worker of the current tenant that runs on the day, the newest of each person. */
export async function runningRegistrations(
  on: string,
): Promise<{ personId: string; registration: { level: string; validFrom: string; validTo: string } }[]> {
  const rows = await RegistrationWatchModel.find({ validTo: { $gte: on } })
    .sort({ validTo: 1, _id: 1 })
    .select({ personId: 1, level: 1, validFrom: 1, validTo: 1 })
    .batchSize(10_000)
    .lean();
  const newest = new Map<string, (typeof rows)[number]>();
  for (const row of rows) {
    const known = newest.get(String(row.personId));
    if (row.validFrom <= on && (!known || known.validFrom < row.validFrom))
      newest.set(String(row.personId), row);
  }
  return [...newest].map(([personId, { level, validFrom, validTo }]) => ({
    personId,
    registration: { level, validFrom, validTo },
  }));
}

/** Until when the newest registration of this member of the current tenant runs; null for who has none that is watched. */
export async function registeredUntil(personId: string): Promise<string | null> {
  const row = await RegistrationWatchModel.findOne({ personId: new Types.ObjectId(personId) })
    .sort({ validFrom: -1 })
    .select({ validTo: 1 })
    .lean();
  return row?.validTo ?? null;
}
