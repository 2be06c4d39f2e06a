import type { Db } from 'mongodb';

/** Guardians that were asked; the rows go by themselves after a week. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('guardianrequests')
    .createIndexes([
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
      { key: { guardianAddress: 1, createdAt: 1 } },
      { key: { personId: 1 }, partialFilterExpression: { personId: { $type: 'objectId' } } },
    ]);
}
