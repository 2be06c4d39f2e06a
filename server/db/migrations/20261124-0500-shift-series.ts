import type { Db } from 'mongodb';

/** Shifts may be repeated: a series has one shift per date. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('shifts').createIndexes([
    {
      key: { tenantId: 1, seriesId: 1, seriesDate: 1 },
      unique: true,
      partialFilterExpression: { seriesId: { $type: 'objectId' } },
    },
  ]);
  await db.collection('shiftseries').createIndexes([{ key: { tenantId: 1, requestId: 1 } }]);
}
