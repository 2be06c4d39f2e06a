import type { Db } from 'mongodb';

/** Shifts are kept under a name for the next time; a unit has each name once. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('shifttemplates')
    .createIndexes([{ key: { tenantId: 1, unitId: 1, name: 1 }, unique: true }]);
}
