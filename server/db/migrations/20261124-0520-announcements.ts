import type { Db } from 'mongodb';

/** What coordinators write to the people of a shift is kept. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('announcements')
    .createIndexes([{ key: { tenantId: 1, shiftId: 1, createdAt: -1, _id: -1 } }]);
}
