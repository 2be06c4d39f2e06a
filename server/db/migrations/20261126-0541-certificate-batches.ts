import type { Db } from 'mongodb';

const OLD = 'tenantId_1_personId_1_periodFrom_1_periodTo_1_locale_1_ledgerHead_1';

/** Certificates are also issued by activity, and many in one job. Re-runnable. */
export async function up(db: Db): Promise<void> {
  const certificates = db.collection('certificates');
  await certificates.updateMany({ activityKey: { $exists: false } }, { $set: { activityKey: '' } });
  await certificates.createIndexes([
    {
      key: { tenantId: 1, personId: 1, periodFrom: 1, periodTo: 1, locale: 1, ledgerHead: 1, activityKey: 1 },
      unique: true,
      partialFilterExpression: { revokedAt: null },
    },
  ]);
  const names = (await certificates.indexes()).map(({ name }) => name);
  if (names.includes(OLD)) await certificates.dropIndex(OLD);
  await db
    .collection('certificatebatches')
    .createIndexes([
      { key: { tenantId: 1, createdAt: -1, _id: -1 } },
      { key: { tenantId: 1, requestedBy: 1, createdAt: -1, _id: -1 } },
      { key: { state: 1, _id: 1 } },
    ]);
  await db
    .collection('certificatebatchitems')
    .createIndexes([
      { key: { tenantId: 1, batchId: 1, personId: 1 }, unique: true },
      { key: { tenantId: 1, batchId: 1, state: 1, place: 1 } },
    ]);
}
