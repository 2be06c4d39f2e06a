import type { Db } from 'mongodb';

/** The chain over the audit trail; entries of before wait for their seal like new ones. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('auditseals').createIndexes([{ key: { tenantId: 1, batch: 1 }, unique: true }]);
  await db.collection('unsealedaudits').createIndexes([{ key: { tenantId: 1, _id: 1 } }]);
  await db
    .collection('auditentries')
    .aggregate([
      { $project: { tenantId: 1, at: 1, mac: { $literal: null } } },
      { $merge: { into: 'unsealedaudits', whenMatched: 'keepExisting' } },
    ])
    .toArray();
}
