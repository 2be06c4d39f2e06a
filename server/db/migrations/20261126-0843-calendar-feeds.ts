import type { Db } from 'mongodb';

/** Secret addresses at which calendar programs read one's training. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('calendarfeeds').createIndexes([
    { key: { tenantId: 1, personId: 1 }, unique: true },
    { key: { tokenHash: 1 }, unique: true },
  ]);
}
