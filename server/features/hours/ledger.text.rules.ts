import { hash } from 'node:crypto';
import type { LedgerEntryRow } from './ledger.model.ts';

/**
 * What an entry's hash covers, in canonical JSON; `verify` computes it again, a million times: the members are written down in
 * the canonical order instead of being sorted.
 */
export const entryText = (
  entry: Omit<LedgerEntryRow, '_id' | 'tenantId' | 'hash' | 'reason' | 'period' | 'balance'> & {
    period?: string | null;
  },
): string =>
  JSON.stringify({
    account: entry.account,
    actor: entry.actor,
    ...(entry.bankId ? { bankId: String(entry.bankId) } : {}),
    cause: entry.cause,
    // Entries of hours were hashed before there were others.
    ...(entry.creditId ? { creditId: String(entry.creditId) } : {}),
    ...(entry.creditId || entry.bankId ? {} : { hoursId: String(entry.hoursId) }),
    minutes: entry.minutes,
    // Entries of before there were periods were hashed without one.
    period: entry.period ?? undefined,
    postedAt: entry.postedAt.toISOString(),
    postingId: entry.postingId,
    previousHash: entry.previousHash,
    reversalOf: entry.reversalOf,
    ruleVersion: entry.ruleVersion,
    seq: entry.seq,
    serviceDate: entry.serviceDate,
    serviceFrom: entry.serviceFrom.toISOString(),
    serviceTo: entry.serviceTo.toISOString(),
    sourceKey: entry.sourceKey,
  });

/** SHA-256, hex, of what an entry says and of the entry before it. */
export const entryHash = (entry: Parameters<typeof entryText>[0]): string =>
  hash('sha256', entryText(entry), 'hex');
