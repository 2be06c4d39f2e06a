import type { Db } from 'mongodb';

/** Hours that people take along from one organisation to another. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('hoursrecords').createIndexes([
    {
      key: { tenantId: 1, 'origin.hoursId': 1 },
      unique: true,
      partialFilterExpression: { 'origin.hoursId': { $type: 'objectId' } },
    },
  ]);
  await db.collection('hourstransfers').createIndexes([
    { key: { tenantId: 1, transferId: 1 }, unique: true },
    {
      key: { tenantId: 1, personId: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: ['requested', 'confirmed', 'offered'] } },
    },
    { key: { tenantId: 1, personId: 1, createdAt: -1, _id: -1 } },
    { key: { tenantId: 1, createdAt: -1, _id: -1 } },
  ]);
}
