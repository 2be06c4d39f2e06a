import { Types } from 'mongoose';
import { actorLabel } from '../../core/actor.ts';
import { contextNow, requireContext } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import { localDate } from '../../core/time.ts';
import { tenantFind, tenantInsert } from '../../db/builders.ts';
import { isDuplicateKey, requireTransaction } from '../../db/transaction.ts';
import type { HoursRow } from './hours.model.ts';
import { LedgerClosingModel } from './ledger.closing.model.ts';
import { byAccount, emptyHead, headAfter, headsOf, newestOf } from './ledger.heads.ts';
import type { Head } from './ledger.heads.ts';
import { CLOSED_MONTHS, LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';
import {
  activityAccount,
  moveKey,
  periodOf,
  post,
  postingKey,
  recordOfKey,
  reversalKey,
  shiftAccount,
} from './ledger.rules.ts';
import type { LedgerCommand, LedgerLine } from './ledger.rules.ts';
import { entryHash } from './ledger.text.rules.ts';

/** What an entry states of the thing that it posts. */
export interface PostedFacts {
  readonly hoursId: Types.ObjectId | null;
  readonly creditId: Types.ObjectId | null;
  /** Only in what the time bank posts. */
  readonly bankId?: Types.ObjectId;
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

/** The entry that a line becomes as the last one of its account. */
export function chainedEntry(
  line: LedgerLine,
  before: Head,
  facts: PostedFacts,
  reason: string | null,
  closedThrough: string | null = null,
): Omit<LedgerEntryRow, '_id' | 'tenantId'> {
  const { actor } = requireContext();
  const entry = {
    ...line,
    ...facts,
    seq: before.entries + 1,
    period: periodOf(facts.serviceDate, closedThrough),
    postedAt: contextNow(),
    actor: actorLabel(actor),
    accountId: actor.kind === 'account' ? new Types.ObjectId(actor.accountId) : null,
    previousHash: before.head,
  };
  return { ...entry, balance: before.minutes + line.minutes, reason, hash: entryHash(entry) };
}

/** What posting this record of hours asks of the ledger. */
export const postingOf = (record: HoursRow): LedgerCommand => ({
  kind: 'post',
  recordId: String(record._id),
  personId: String(record.personId),
  counterAccount: record.shiftId ? shiftAccount(String(record.shiftId)) : activityAccount(String(record._id)),
  minutes: record.recordedMinutes,
});

/** One posting or reversal among several. */
export interface LedgerChange {
  readonly command: LedgerCommand;
  readonly facts: PostedFacts;
  readonly reason?: string | null;
}

type NewEntry = ReturnType<typeof chainedEntry>;

/**
 * Posts and reverses these, in order and in the transaction of their state changes: three round trips, however many they are.
 * What the ledger refuses adds nothing and holds up nothing.
 * @returns for each, null or the code of the refusal
 */
export async function applyAllToLedger(changes: readonly LedgerChange[]): Promise<(string | null)[]> {
  requireTransaction('A posting');
  const existing = Map.groupBy(await existingLines(changes.map(({ command }) => command)), ({ sourceKey }) =>
    recordOfKey(sourceKey),
  );
  const planned: { line: LedgerLine; change: LedgerChange }[] = [];
  const refusals = changes.map((change) => {
    const lines = existing.get(change.command.recordId) ?? [];
    const outcome = post(lines, change.command);
    if ('refusal' in outcome) return outcome.refusal;
    existing.set(change.command.recordId, [...lines, ...outcome.lines]);
    for (const line of outcome.lines) planned.push({ line, change });
    return null;
  });
  if (planned.length > 0) await append(planned);
  return refusals;
}

/**
 * Posts these in the transaction of their state changes, whose own guards say that none was posted before: nothing is asked, and
 * the unique index of causes has the last word.
 * @throws Conflict with the first refusal's code: then nothing is posted and the transaction is over
 */
export async function postAllToLedger(changes: readonly LedgerChange[]): Promise<void> {
  requireTransaction('A posting');
  const planned = changes.flatMap((change) => {
    const outcome = post([], change.command);
    if ('refusal' in outcome) throw new Conflict(outcome.refusal);
    return outcome.lines.map((line) => ({ line, change }));
  });
  if (planned.length === 0) return;
  try {
    await append(planned);
  } catch (err) {
    if (isDuplicateKey(err, CAUSE_INDEX)) throw new Conflict('already-posted');
    throw err;
  }
}
const CAUSE_INDEX = 'tenantId_1_sourceKey_1_account_1';

/** Posting asks whether it was posted; taking back asks for both. */
function keysOf(command: LedgerCommand): string[] {
  if (command.kind === 'move') return [moveKey(command.what, command.recordId)];
  const key = postingKey(command.recordId, command.source);
  return command.kind === 'post' ? [key] : [key, reversalKey(command.recordId, command.source)];
}
const existingLines = (commands: readonly LedgerCommand[]): Promise<LedgerLine[]> =>
  tenantFind<LedgerEntryRow>(
    LedgerEntryModel,
    { sourceKey: { $in: commands.flatMap(keysOf) } },
    { account: 1, minutes: 1, sourceKey: 1, postingId: 1, cause: 1, reversalOf: 1 },
  );

/** Lines that these source keys name, by key. */
export async function linesOfKeys(
  keys: readonly string[],
): Promise<Map<string, Pick<LedgerEntryRow, 'account' | 'minutes'>[]>> {
  const rows = await LedgerEntryModel.find({ sourceKey: { $in: [...keys] } })
    .select({ account: 1, minutes: 1, sourceKey: 1 })
    .lean();
  return Map.groupBy(rows, ({ sourceKey }) => sourceKey);
}

/**
 * Appends lines to their accounts, each after the newest entry of its account. Numbers are unique within an account: of two that
 * append at once, the transaction of one conflicts and runs again.
 */
async function append(planned: readonly { line: LedgerLine; change: LedgerChange }[]): Promise<void> {
  const { heads, through } = await standOf([...new Set(planned.map(({ line }) => line.account))]);
  const entries = planned.map(({ line, change }): NewEntry => {
    const before = heads.get(line.account) ?? emptyHead(line.account);
    const entry = chainedEntry(line, before, change.facts, change.reason ?? null, through);
    heads.set(line.account, headAfter(entry));
    return entry;
  });
  // Made here from checked rows of the schema's own types, so nothing is left to cast or to default.
  await tenantInsert(LedgerEntryModel, entries);
}

interface Stand {
  readonly heads: Map<string, Head>;
  readonly through: string | null;
}

/**
 * Accounts as they stand and the last closed month, in one read of the transaction's own snapshot: what is posted into which
 * month is never decided by what some process knew before.
 */
async function standOf(names: readonly string[]): Promise<Stand> {
  const rows = await newestOf({ $in: [...names, CLOSED_MONTHS] });
  return {
    heads: byAccount(rows),
    through: rows.find(({ _id }) => _id === CLOSED_MONTHS)?.period ?? null,
  };
}

/** The entry that a closing adds, in its transaction: from then on whatever is posted reads it. */
export async function addClosing(number: number, through: string): Promise<void> {
  requireTransaction('A closing');
  const { heads } = await standOf([]);
  const key = `closing:${number}:v1`;
  const line: LedgerLine = {
    account: CLOSED_MONTHS,
    minutes: 0,
    sourceKey: key,
    postingId: key,
    cause: 'closing',
    reversalOf: null,
  };
  const now = contextNow();
  const facts: PostedFacts = {
    hoursId: null,
    creditId: null,
    serviceDate: `${through}-01`,
    serviceFrom: now,
    serviceTo: now,
    ruleVersion: 'closing',
  };
  const before = heads.get(CLOSED_MONTHS) ?? emptyHead(CLOSED_MONTHS);
  await tenantInsert(LedgerEntryModel, [chainedEntry(line, before, facts, null)]);
}

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
  if (command.kind === 'post') return postAllToLedger([{ command, facts, reason }]);
  const [refusal] = await applyAllToLedger([{ command, facts, reason }]);
  if (refusal) throw new Conflict(refusal);
}

/** The last closed month of the current tenant, `YYYY-MM`; null when none is. */
export async function closedThrough(): Promise<string | null> {
  const row = await LedgerClosingModel.findOne({}).sort({ number: -1 }).select({ through: 1 }).lean();
  return row?.through ?? null;
}

/** Balances of accounts in whole minutes; those without entries are left out. */
export async function balancesOf(accounts: readonly string[]): Promise<Map<string, number>> {
  const heads = await headsOf({ $in: [...accounts] });
  return new Map([...heads.values()].map(({ account, minutes }) => [account, minutes]));
}
