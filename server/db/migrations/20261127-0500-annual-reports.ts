import type { Db } from 'mongodb';

/** Yearly reports on recording and certification, and what they count. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('annualreports')
    .createIndexes([{ key: { tenantId: 1, year: -1 }, unique: true }, { key: { state: 1, _id: 1 } }]);
  await db.collection('certificates').createIndexes([{ key: { tenantId: 1, revokedAt: 1 } }]);
}
