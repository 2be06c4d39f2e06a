import type { Db } from 'mongodb';

/** Places for which those who fit best are still to be asked are found by the sweep that asks them. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('assignments')
    .createIndexes([{ key: { reofferAt: 1 }, partialFilterExpression: { reofferAt: { $type: 'date' } } }]);
}
