import type { Db } from 'mongodb';

/** Plans over all open positions, their lines, and the arrays they were solved on. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('plans').createIndexes([
    { key: { tenantId: 1, createdAt: -1, _id: -1 } },
    { key: { tenantId: 1, unitId: 1, createdAt: -1, _id: -1 } },
    {
      key: { tenantId: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: ['queued', 'running'] } },
    },
    { key: { state: 1, dueAt: 1 }, partialFilterExpression: { dueAt: { $type: 'date' } } },
  ]);
  await db.collection('planlines').createIndexes([
    { key: { tenantId: 1, planId: 1, attempt: 1, place: 1 } },
    { key: { tenantId: 1, planId: 1, attempt: 1, unitId: 1, place: 1 } },
    { key: { tenantId: 1, planId: 1, positionId: 1 } },
    {
      key: { 'pairs.assignmentId': 1 },
      partialFilterExpression: { 'pairs.assignmentId': { $type: 'objectId' } },
    },
  ]);
  await db
    .collection('planarrays')
    .createIndexes([{ key: { tenantId: 1, planId: 1, attempt: 1, name: 1, piece: 1 }, unique: true }]);
}
