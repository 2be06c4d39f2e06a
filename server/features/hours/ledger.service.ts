import { createHash } from 'node:crypto';
import { Types } from 'mongoose';
import { actorLabel } from '../../core/actor.ts';
import { contextNow, requireContext } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import { localDate } from '../../core/time.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { HoursRow } from './hours.model.ts';
import { LedgerAccountModel, LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';
import { activityAccount, post, postingKey, reversalKey, shiftAccount } from './ledger.rules.ts';
import type { LedgerCommand, LedgerLine } from './ledger.rules.ts';

/** What an entry's hash covers, in canonical JSON; `verify` computes it again. */
export function entryHash(entry: Omit<LedgerEntryRow, '_id' | 'tenantId' | 'hash' | 'reason'>): string {
  const {
    account,
    seq,
    postingId,
    minutes,
    sourceKey,
    cause,
    serviceDate,
    ruleVersion,
    reversalOf,
    previousHash,
  } = entry;
  const facts = {
    account,
    seq,
    postingId,
    minutes,
    sourceKey,
    cause,
    // Entries of hours were hashed before there were others.
    ...(entry.creditId ? { creditId: String(entry.creditId) } : { hoursId: String(entry.hoursId) }),
    serviceDate,
    serviceFrom: entry.serviceFrom.toISOString(),
    serviceTo: entry.serviceTo.toISOString(),
    postedAt: entry.postedAt.toISOString(),
    actor: entry.actor,
    ruleVersion,
    reversalOf,
    previousHash,
  };
  return createHash('sha256').update(canonicalJson(facts)).digest('hex');
}

async function existingLines({ recordId, source }: LedgerCommand): Promise<LedgerLine[]> {
  const keys = [postingKey(recordId, source), reversalKey(recordId, source)];
  return LedgerEntryModel.find({ sourceKey: { $in: keys } })
    .select({ account: 1, minutes: 1, sourceKey: 1, postingId: 1, cause: 1, reversalOf: 1 })
    .lean();
}

/** What an entry states of the thing that it posts. */
export interface PostedFacts {
  readonly hoursId: Types.ObjectId | null;
  readonly creditId: Types.ObjectId | null;
  /** Local date. */
  readonly serviceDate: string;
  readonly serviceFrom: Date;
  readonly serviceTo: Date;
  readonly ruleVersion: string;
}

/** What entries state of a record of hours. */
export const factsOfRecord = (record: HoursRow, zone: string): PostedFacts => ({
  hoursId: record._id,
  creditId: null,
  serviceDate: localDate(record.activity.startsAt, zone),
  serviceFrom: record.servedFrom,
  serviceTo: record.servedTo,
  ruleVersion: record.policyVersion,
});

/** The entry that a line becomes as the last one of its account, which counts it already and still has the old head. */
export function chainedEntry(
  line: LedgerLine,
  account: { readonly entries: number; readonly head: string },
  facts: PostedFacts,
  reason: string | null,
): Omit<LedgerEntryRow, '_id' | 'tenantId'> {
  const { actor } = requireContext();
  const entry = {
    ...line,
    ...facts,
    seq: account.entries,
    postedAt: contextNow(),
    actor: actorLabel(actor),
    accountId: actor.kind === 'account' ? new Types.ObjectId(actor.accountId) : null,
    previousHash: account.head,
  };
  return { ...entry, reason, hash: entryHash(entry) };
}

/** Appends one line to its account: the account's row orders appends, its head chains them. */
async function append(line: LedgerLine, facts: PostedFacts, reason: string | null): Promise<void> {
  const account = await LedgerAccountModel.findOneAndUpdate(
    { account: line.account },
    { $inc: { entries: 1, minutes: line.minutes }, $setOnInsert: { head: '' } },
    { upsert: true, returnDocument: 'after' },
  ).lean();
  const entry = chainedEntry(line, account, facts, reason);
  await LedgerEntryModel.create([entry as never]);
  await LedgerAccountModel.updateOne({ account: line.account }, { $set: { head: entry.hash } });
}

/** What posting this record of hours asks of the ledger. */
export const postingOf = (record: HoursRow): LedgerCommand => ({
  kind: 'post',
  recordId: String(record._id),
  personId: String(record.personId),
  counterAccount: record.shiftId ? shiftAccount(String(record.shiftId)) : activityAccount(String(record._id)),
  minutes: record.recordedMinutes,
});

/**
 * Posts or reverses a record or a claim, in the transaction of its state change.
 * @throws Conflict with the refusal's code when the ledger already says so, or there is nothing to post
 */
export async function applyToLedger(
  command: LedgerCommand,
  facts: PostedFacts,
  reason: string | null = null,
): Promise<void> {
  requireTransaction('A posting');
  const outcome = post(await existingLines(command), command);
  if ('refusal' in outcome) throw new Conflict(outcome.refusal);
  // In one order always, so that two postings never wait for each other's accounts crosswise.
  for (const line of [...outcome.lines].sort((a, b) => a.account.localeCompare(b.account)))
    await append(line, facts, reason);
}

/** Balance of an account in whole minutes. */
export async function balanceOf(account: string): Promise<number> {
  return (await LedgerAccountModel.findOne({ account }).select({ minutes: 1 }).lean())?.minutes ?? 0;
}
