import type { Db } from 'mongodb';

/** Plans of training and the sessions they propose. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('trainingplans').createIndexes([
    { key: { tenantId: 1, createdAt: -1, _id: -1 } },
    {
      key: { tenantId: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: ['queued', 'running'] } },
    },
    { key: { state: 1, dueAt: 1 }, partialFilterExpression: { dueAt: { $type: 'date' } } },
  ]);
  await db
    .collection('plannedsessions')
    .createIndexes([{ key: { tenantId: 1, planId: 1, attempt: 1, place: 1 } }]);
}
