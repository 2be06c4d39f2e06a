import type { Db } from 'mongodb';

/** Who a person is: one document a person, found again by its keyed hash. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('identitydocuments')
    .createIndexes([{ key: { personId: 1 }, unique: true }, { key: { blind: 1 } }]);
}
