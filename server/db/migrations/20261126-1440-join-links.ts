import type { Db } from 'mongodb';

/** Links into a unit of an organisation; they go by themselves a month after their end. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('joinlinks').createIndexes([
    {
      key: { tenantId: 1, codeHash: 1 },
      unique: true,
      partialFilterExpression: { codeHash: { $type: 'string' } },
    },
    { key: { tenantId: 1, unitId: 1, _id: -1 } },
    { key: { tenantId: 1, _id: -1 } },
    { key: { expiresAt: 1 }, expireAfterSeconds: 30 * 24 * 3600 },
  ]);
}
