import type { Db } from 'mongodb';

/** What people say against how they are matched. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('objections')
    .createIndexes([
      { key: { tenantId: 1, personId: 1, _id: -1 } },
      { key: { tenantId: 1, answeredAt: 1, _id: 1 } },
    ]);
}
