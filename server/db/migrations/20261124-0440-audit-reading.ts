import type { Db } from 'mongodb';

/** The audit trail is read by action and by who acted; re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('auditentries')
    .createIndexes([
      { key: { tenantId: 1, action: 1, at: -1, _id: -1 } },
      { key: { tenantId: 1, accountId: 1, at: -1, _id: -1 } },
    ]);
}
