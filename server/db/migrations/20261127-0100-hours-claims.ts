import type { Db } from 'mongodb';

/** Claims that recorded hours are wrong or missing, and within how many working days they are answered. Re-runnable. */
export async function up(db: Db): Promise<void> {
  const open = { state: 'claimed' };
  await db.collection('hoursclaims').createIndexes([
    {
      key: { tenantId: 1, hoursId: 1 },
      unique: true,
      partialFilterExpression: { ...open, hoursId: { $type: 'objectId' } },
    },
    {
      key: { tenantId: 1, assignmentId: 1 },
      unique: true,
      partialFilterExpression: { ...open, assignmentId: { $type: 'objectId' } },
    },
    { key: { tenantId: 1, hoursId: 1, createdAt: 1 } },
    { key: { tenantId: 1, personId: 1, createdAt: -1, _id: -1 } },
    { key: { tenantId: 1, state: 1, dueOn: 1, _id: 1 } },
    { key: { remindAt: 1, _id: 1 }, partialFilterExpression: { remindAt: { $type: 'date' } } },
  ]);
  await db
    .collection('tenants')
    .updateMany({ 'settings.claimDays': { $exists: false } }, { $set: { 'settings.claimDays': 10 } });
}
