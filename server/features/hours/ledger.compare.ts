import { contextNow } from '../../core/context.ts';
import { logger } from '../../core/logger.ts';
import { recordAudit } from '../../db/audit.ts';
import { tenantAggregate } from '../../db/builders.ts';
import { inTransaction } from '../../db/transaction.ts';
import { LedgerComparisonModel } from './ledger.closing.model.ts';
import { LedgerAccountModel, LedgerEntryModel } from './ledger.model.ts';

interface Sum {
  readonly _id: string;
  readonly minutes: number;
  readonly entries: number;
}

type Verdict = 'agrees' | 'rebuilt' | 'broken';

/**
 * One account against its entries, under the lock that orders its appends. A balance that is wrong while number and head
 * agree is a cache gone wrong: it is rebuilt. Anything else was done by hand and is left for `verify` to name.
 */
const settle = (account: string): Promise<Verdict> =>
  inTransaction(async () => {
    const entries = await LedgerEntryModel.find({ account })
      .select({ minutes: 1, hash: 1 })
      .sort({ seq: 1 })
      .lean();
    const minutes = entries.reduce((sum, entry) => sum + entry.minutes, 0);
    const row = await LedgerAccountModel.findOne({ account }).lean();
    if (row?.minutes === minutes && row.entries === entries.length) return 'agrees';
    if (row?.entries !== entries.length || row.head !== (entries.at(-1)?.hash ?? '')) return 'broken';
    await LedgerAccountModel.updateOne({ account, entries: row.entries }, { $set: { minutes } });
    await recordAudit({
      action: 'ledger/rebuild',
      subjectType: 'LedgerAccount',
      subjectId: row._id,
      facts: { account, before: row.minutes, after: minutes },
    });
    return 'rebuilt';
  });

/** Compares every cached balance of the current tenant with its entries, and keeps what came of it for the day. */
export async function compareBalances(): Promise<{ rebuilt: string[]; broken: string[] }> {
  const sums = await tenantAggregate<Sum>(LedgerEntryModel as never, [
    { $group: { _id: '$account', minutes: { $sum: '$minutes' }, entries: { $sum: 1 } } },
  ]);
  const byAccount = new Map(sums.map((sum) => [sum._id, sum]));
  const suspects: string[] = [];
  let accounts = 0;
  for await (const row of LedgerAccountModel.find({}).lean().cursor({ batchSize: 2_000 })) {
    accounts += 1;
    const sum = byAccount.get(row.account);
    byAccount.delete(row.account);
    // Postings meanwhile look like differences; each is looked at again by itself.
    if (sum?.minutes !== row.minutes || sum.entries !== row.entries) suspects.push(row.account);
  }
  const found: Record<Verdict, string[]> = { agrees: [], rebuilt: [], broken: [] };
  for (const account of [...suspects, ...byAccount.keys()]) found[await settle(account)].push(account);
  const { rebuilt, broken } = found;
  if (rebuilt.length + broken.length > 0)
    logger.error({ rebuilt, broken }, 'balances of the ledger differ from its entries');
  const at = contextNow();
  await LedgerComparisonModel.updateOne(
    { date: at.toISOString().slice(0, 10) },
    // The first look of the night says when; looking again changes nothing that it found.
    { $set: { accounts, rebuilt, broken }, $setOnInsert: { at } },
    { upsert: true },
  );
  return { rebuilt, broken };
}

/** Hour of the day (UTC) from which the night's comparison is due; the small hours in China. */
const FROM_HOUR_UTC = 18;

/** Tenants whose balances were not compared today, for the sweep. */
export async function comparisonsDue(query: {
  readonly now: Date;
  readonly limit: number;
  readonly except: readonly string[];
}): Promise<{ tenantId: string; id: string }[]> {
  if (query.now.getUTCHours() < FROM_HOUR_UTC) return [];
  const date = query.now.toISOString().slice(0, 10);
  const done = new Set((await LedgerComparisonModel.distinct('tenantId', { date })).map(String));
  return (await LedgerAccountModel.distinct('tenantId'))
    .map(String)
    .filter((id) => !done.has(id) && !query.except.includes(id))
    .slice(0, query.limit)
    .map((id) => ({ tenantId: id, id }));
}
