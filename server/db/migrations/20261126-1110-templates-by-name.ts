import type { Db } from 'mongodb';

/** Templates are listed by name over all units that somebody may use. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('shifttemplates').createIndexes([{ key: { tenantId: 1, name: 1, _id: 1, unitId: 1 } }]);
}
