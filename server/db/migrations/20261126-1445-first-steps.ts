import type { Db } from 'mongodb';

/** How the first steps stand for each account; nobody has closed them yet. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('accounts')
    .updateMany({ stepsShown: { $exists: false } }, { $set: { stepsShown: 'auto', stepsSeen: [] } });
}
