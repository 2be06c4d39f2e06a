import type { Db } from 'mongodb';

/**
 * The board of a day also shows what began the day before and is not over: the index of the list says when each shift ends, so that
 * those that are over are not read. The index that said less goes when the other is there. Re-runnable.
 */
export async function up(db: Db): Promise<void> {
  const shifts = db.collection('shifts');
  await shifts.createIndexes([{ key: { tenantId: 1, startsAt: 1, _id: 1, state: 1, unitId: 1, endsAt: 1 } }]);
  const replaced = 'tenantId_1_startsAt_1__id_1_state_1_unitId_1';
  if ((await shifts.indexes()).some(({ name }) => name === replaced)) await shifts.dropIndex(replaced);
}
