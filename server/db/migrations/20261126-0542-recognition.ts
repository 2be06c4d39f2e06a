import type { Db } from 'mongodb';

const LIVING = ['eligible', 'applied', 'reviewed', 'published', 'granted'];

/** Stars and medals. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('recognitionschemes')
    .createIndexes([{ key: { tenantId: 1, code: 1, effectiveFrom: 1 }, unique: true }]);
  await db.collection('recognitions').createIndexes([
    {
      key: { tenantId: 1, code: 1, personId: 1, unitId: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: LIVING } },
    },
    { key: { tenantId: 1, personId: 1, createdAt: -1, _id: -1 } },
    { key: { tenantId: 1, state: 1, createdAt: -1, _id: -1 } },
    { key: { tenantId: 1, createdAt: -1, _id: -1 } },
    { key: { dueAt: 1 }, partialFilterExpression: { dueAt: { $type: 'date' } } },
  ]);
  await db.collection('recognitionrounds').createIndexes([{ key: { tenantId: 1, date: 1 }, unique: true }]);
}
