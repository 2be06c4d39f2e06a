import type { Db } from 'mongodb';

/** People see and end their own sessions; re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('accounttokens').createIndexes([{ key: { address: 1, purpose: 1, expiresAt: 1 } }]);
  await db.collection('sessions').createIndexes([{ key: { 'session.passport.user.accountId': 1 } }]);
}
