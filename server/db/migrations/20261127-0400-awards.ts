import type { Db } from 'mongodb';

/** Awards of people. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('awards').createIndexes([
    {
      key: { tenantId: 1, personId: 1, key: 1 },
      unique: true,
      partialFilterExpression: { state: { $in: ['claimed', 'recorded', 'contested'] } },
    },
    { key: { tenantId: 1, personId: 1, awardedOn: -1, _id: -1 } },
    { key: { tenantId: 1, state: 1, createdAt: 1, _id: 1 } },
  ]);
}
