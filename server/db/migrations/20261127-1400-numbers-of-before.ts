import type { Db } from 'mongodb';

/**
 * Accounts whose number is another by now are found by the one they stated before: nobody becomes another human by stating a second
 * number. What was stated before that was kept is not known. Re-runnable.
 */
export async function up(db: Db): Promise<void> {
  await db.collection('identitydocuments').createIndexes([{ key: { former: 1 }, sparse: true }]);
}
