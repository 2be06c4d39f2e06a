import type { Db } from 'mongodb';

/** Versions of matching weights, exclusions, and bookings by time. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('matchingweights').createIndexes([{ key: { tenantId: 1, version: -1 }, unique: true }]);
  await db.collection('exclusions').createIndexes([
    { key: { tenantId: 1, personId: 1, _id: -1 } },
    {
      key: { tenantId: 1, personId: 1, requestId: 1 },
      unique: true,
      partialFilterExpression: { liftedAt: null },
    },
    { key: { tenantId: 1, liftedAt: 1, _id: -1 } },
  ]);
  await db.collection('persondays').createIndexes([{ key: { 'bookings.startsAt': 1 } }]);
}
