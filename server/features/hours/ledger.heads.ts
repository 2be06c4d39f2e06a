import type { Model } from 'mongoose';
import { tenantAggregate } from '../../db/builders.ts';
import { LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';

/** An account as its newest entry has it: how many there are, what they sum to in whole minutes, and the last one's hash. */
export interface Head {
  readonly account: string;
  readonly entries: number;
  readonly minutes: number;
  readonly head: string;
}
export const emptyHead = (account: string): Head => ({ account, entries: 0, minutes: 0, head: '' });

/** The account with this entry as its newest. */
export const headAfter = (entry: Pick<LedgerEntryRow, 'account' | 'seq' | 'balance' | 'hash'>): Head => ({
  account: entry.account,
  entries: entry.seq,
  minutes: entry.balance,
  head: entry.hash,
});

export type Newest = Pick<LedgerEntryRow, 'seq' | 'balance' | 'hash' | 'period'> & { readonly _id: string };
/**
 * The newest entry of each of these accounts. Sorted backwards along the index of numbers, which the database then steps through
 * from account to account without reading what is older.
 */
export const newestOf = (accounts: object): Promise<Newest[]> =>
  tenantAggregate<Newest>(LedgerEntryModel as unknown as Model<never>, [
    { $match: { account: accounts } },
    { $sort: { account: -1, seq: -1 } },
    {
      $group: {
        _id: '$account',
        seq: { $first: '$seq' },
        balance: { $first: '$balance' },
        hash: { $first: '$hash' },
        period: { $first: '$period' },
      },
    },
  ]);
/** Heads by account. */
export const byAccount = (rows: readonly Newest[]): Map<string, Head> =>
  new Map(rows.map(({ _id, ...row }) => [_id, headAfter({ account: _id, ...row })]));

/** Heads of accounts; those without entries are left out. @param accounts a filter, such as `{ $in: names }` */
export const headsOf = async (accounts: object): Promise<Map<string, Head>> =>
  byAccount(await newestOf(accounts));
