import type { Db } from 'mongodb';

/** What people look for, what was found for them, and what opened since. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('savedsearches').createIndexes([
    { key: { tenantId: 1, personId: 1, slot: 1 }, unique: true },
    { key: { tenantId: 1, often: 1, category: 1, _id: 1 }, partialFilterExpression: { paused: false } },
    { key: { lookAt: 1, _id: 1 }, partialFilterExpression: { paused: false } },
  ]);
  await db.collection('searchhits').createIndexes([
    { key: { tenantId: 1, searchId: 1, positionId: 1 }, unique: true },
    {
      key: { tenantId: 1, digestId: 1 },
      partialFilterExpression: { digestId: { $type: 'objectId' } },
    },
    { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  ]);
  await db.collection('searchnews').createIndexes([{ key: { at: 1, _id: 1 } }]);
}
