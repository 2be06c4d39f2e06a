import type { Db } from 'mongodb';

/** Stars and medals may ask for hours of some kinds of service. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('recognitionschemes')
    .updateMany({ areaMinutes: { $exists: false } }, { $set: { areas: [], areaMinutes: 0 } });
  await db
    .collection('recognitions')
    .updateMany(
      { areaMinutesNeeded: { $exists: false } },
      { $set: { areas: [], areaMinutesNeeded: 0, areaMinutesAt: null } },
    );
}
