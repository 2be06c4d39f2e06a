import type { Db } from 'mongodb';

/** Hours that turned out to be confirmed by another account of the same human are found for the desk. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('hoursrecords').createIndexes([
    {
      key: { tenantId: 1, state: 1, 'anomalies.code': 1, 'activity.startsAt': 1, _id: 1 },
      partialFilterExpression: { 'anomalies.code': 'same-human' },
    },
  ]);
}
