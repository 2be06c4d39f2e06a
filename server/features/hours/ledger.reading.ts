import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';

/** Numbers of one account are unique: nothing else is needed, and the index has just this order. */
const SORT: readonly SortKey[] = [['seq', -1]];

/** Entries of one account of the tenant, newest first; whoever calls has asked who may read it. */
export async function entriesOfAccount(
  account: string,
  limit: number,
  cursor: string | undefined,
): Promise<Page<LedgerEntryRow>> {
  const rows = await LedgerEntryModel.find({ account, ...afterCursor(SORT, cursor) } as never)
    .sort(sortOf(SORT))
    .limit(limit + 1)
    .lean();
  return pageOf(rows, limit, (row) => [row.seq]);
}

/** Every line of one account of the tenant, oldest first: what moved, when, and how many minutes. */
export async function linesOfAccount(
  account: string,
): Promise<Pick<LedgerEntryRow, 'minutes' | 'sourceKey' | 'postedAt'>[]> {
  return LedgerEntryModel.find({ account })
    .select({ minutes: 1, sourceKey: 1, postedAt: 1 })
    .sort({ seq: 1 })
    .lean();
}
