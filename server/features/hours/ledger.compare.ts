import { contextNow } from '../../core/context.ts';
import { logger } from '../../core/logger.ts';
import { tenantAggregate } from '../../db/builders.ts';
import { LedgerComparisonModel } from './ledger.closing.model.ts';
import { LedgerEntryModel } from './ledger.model.ts';

interface Sum {
  readonly _id: string;
  readonly minutes: number;
  readonly entries: number;
  readonly seq: number;
  readonly balance: number;
}

/**
 * Adds up every account of the current tenant and compares it with the balance and the number of its newest entry, which postings and
 * pages go by; keeps what came of it for the day. Entries never change, so a difference was made by hand: nothing is changed, and
 * `verify` names the entry.
 */
export async function compareBalances(): Promise<{ broken: string[] }> {
  const sums = await tenantAggregate<Sum>(LedgerEntryModel as never, [
    // Along the index: an account's entries come together, and none is held back to be sorted.
    { $sort: { account: 1, seq: 1 } },
    {
      $group: {
        _id: '$account',
        minutes: { $sum: '$minutes' },
        entries: { $sum: 1 },
        seq: { $last: '$seq' },
        balance: { $last: '$balance' },
      },
    },
  ]);
  const broken = sums
    .filter(({ minutes, entries, seq, balance }) => minutes !== balance || entries !== seq)
    .map(({ _id }) => _id)
    .sort();
  if (broken.length > 0) logger.error({ broken }, 'balances of the ledger differ from its entries');
  const at = contextNow();
  await LedgerComparisonModel.updateOne(
    { date: at.toISOString().slice(0, 10) },
    // The first look of the night says when; looking again changes nothing that it found.
    { $set: { accounts: sums.length, broken }, $setOnInsert: { at } },
    { upsert: true },
  );
  return { broken };
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
  return (await LedgerEntryModel.distinct('tenantId'))
    .map(String)
    .filter((id) => !done.has(id) && !query.except.includes(id))
    .slice(0, query.limit)
    .map((id) => ({ tenantId: id, id }));
}
