import type { Db } from 'mongodb';

/** One row for each address that is mailed a link, instead of counters on accounts and join links. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db.collection('addressturns').createIndexes([{ key: { at: 1 }, expireAfterSeconds: 24 * 3600 }]);
  await db
    .collection('accounts')
    .updateMany({ confirmations: { $exists: true } }, { $unset: { confirmations: 1 } });
  await db.collection('joinlinks').updateMany({ mails: { $exists: true } }, { $unset: { mails: 1 } });
}
