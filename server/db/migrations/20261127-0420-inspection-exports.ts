import type { Db } from 'mongodb';

/** Material for authorities: the exports and the pieces of their archives. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('inspectionexports')
    .createIndexes([
      { key: { tenantId: 1, proposalId: 1 }, unique: true },
      { key: { tenantId: 1 }, unique: true, partialFilterExpression: { state: 'running' } },
      { key: { tenantId: 1, createdAt: -1, _id: -1 } },
      { key: { state: 1, _id: 1 } },
      { key: { expiresAt: 1 }, partialFilterExpression: { state: 'ready' } },
    ]);
  await db
    .collection('inspectionpieces')
    .createIndexes([{ key: { tenantId: 1, exportId: 1, file: 1, place: 1 }, unique: true }]);
  await db
    .collection('tenants')
    .updateMany(
      { 'settings.inspectionDays': { $exists: false } },
      { $set: { 'settings.inspectionDays': 14 } },
    );
}
