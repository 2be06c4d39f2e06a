import type { Db } from 'mongodb';

/** Through which month the ledger is closed stands beside its accounts. Re-runnable. */
export async function up(db: Db): Promise<void> {
  const closed = db
    .collection('ledgerclosings')
    .aggregate<{ _id: unknown; through: string }>([
      { $group: { _id: '$tenantId', through: { $max: '$through' } } },
    ]);
  for await (const { _id: tenantId, through } of closed)
    await db
      .collection('ledgeraccounts')
      .updateOne(
        { tenantId, account: 'months:closed' },
        { $set: { through }, $setOnInsert: { minutes: 0, entries: 0, head: '' } },
        { upsert: true },
      );
}
