import type { Db } from 'mongodb';

/** Acts that need two persons. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('proposals').createIndexes([
    {
      key: { tenantId: 1, kind: 1, subjectId: 1 },
      unique: true,
      partialFilterExpression: { state: 'open' },
    },
    { key: { tenantId: 1, state: 1, createdAt: -1, _id: -1 } },
    { key: { tenantId: 1, createdAt: -1, _id: -1 } },
    { key: { tenantId: 1, kind: 1, subjectId: 1, decidedAt: -1 } },
    {
      key: { authorityId: 1, createdAt: -1, _id: -1 },
    },
    { key: { lapsesAt: 1 }, partialFilterExpression: { state: 'open' } },
  ]);
  await db
    .collection('tenants')
    .updateMany(
      { 'settings.proposalHours': { $exists: false } },
      { $set: { 'settings.proposalHours': 168 } },
    );
}
