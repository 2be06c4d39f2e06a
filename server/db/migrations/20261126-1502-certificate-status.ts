import type { Db } from 'mongodb';

/** Each certificate that becomes a verifiable credential has a place in a status list of its tenant. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('certificates').createIndexes([
    {
      key: { tenantId: 1, statusList: 1, statusIndex: 1 },
      unique: true,
      partialFilterExpression: { statusIndex: { $type: 'number' } },
    },
  ]);
}
