import type { Db } from 'mongodb';

/** Months of the ledger close; balances are compared every night. Re-runnable. */
export async function up(db: Db): Promise<void> {
  await db
    .collection('ledgerentries')
    .createIndexes([{ key: { tenantId: 1, period: 1, account: 1, seq: 1 } }]);
  await db
    .collection('ledgerclosings')
    .createIndexes([{ key: { tenantId: 1, number: 1 }, unique: true }, { key: { closedAt: 1 } }]);
  await db.collection('ledgerstatements').createIndexes([{ key: { tenantId: 1, closing: 1 }, unique: true }]);
  await db.collection('ledgercomparisons').createIndexes([{ key: { tenantId: 1, date: 1 }, unique: true }]);
}
