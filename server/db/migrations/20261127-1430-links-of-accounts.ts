import type { Db } from 'mongodb';

/** A new password ends what else would give the account away: the links of one account are found by it. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('accounttokens').createIndexes([{ key: { accountId: 1, purpose: 1 } }]);
}
