import type { Db } from 'mongodb';

/** Who served a request already, for continuity. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('assignments').createIndexes([
    {
      key: { tenantId: 1, requestId: 1, personId: 1 },
      partialFilterExpression: { state: 'checked_out' },
    },
  ]);
}
