import type { Types } from 'mongoose';
import { addDays, startOfDay } from '../../core/time.ts';
import { HoursClaimModel } from './claim.model.ts';
import type { HoursClaimRow } from './claim.model.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { LedgerClosingModel, LedgerStatementModel } from './ledger.closing.model.ts';
import type { LedgerClosingRow, LedgerStatementRow } from './ledger.closing.model.ts';
import { headsOf } from './ledger.heads.ts';
import type { Head } from './ledger.heads.ts';
import { LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';
import { personAccount } from './ledger.rules.ts';

/** Local dates, both inclusive. */
export interface InspectedPeriod {
  readonly from: string;
  readonly to: string;
  readonly zone: string;
}

/** What a spot check reads of some people's service: records of a period, how they were posted, what was claimed about them. */
export interface InspectedHours {
  readonly records: readonly HoursRow[];
  /** Every line of the postings whose service lies in the period, the counter-accounts' too. */
  readonly entries: readonly LedgerEntryRow[];
  /** The people's accounts as their newest entries have them. */
  readonly heads: readonly Head[];
  readonly claims: readonly HoursClaimRow[];
}

/** Half-open instants of the period's days. */
export const instantsOf = ({ from, to, zone }: InspectedPeriod): { $gte: Date; $lt: Date } => ({
  $gte: startOfDay(from, zone),
  $lt: startOfDay(addDays(to, 1), zone),
});

/** Read in one transaction the parts fit each other. Whoever asks may read all of the tenant's hours. */
export async function inspectedHours(
  personIds: readonly Types.ObjectId[],
  period: InspectedPeriod,
): Promise<InspectedHours> {
  const people = { $in: [...personIds] };
  const accounts = { $in: personIds.map((id) => personAccount(String(id))) };
  const during = instantsOf(period);
  const records = await HoursModel.find({ personId: people, 'activity.startsAt': during } as never)
    .select({ inputs: 0, at: 0 })
    .sort({ personId: 1, 'activity.startsAt': -1, _id: -1 })
    .lean();
  const own = await LedgerEntryModel.find({
    account: accounts,
    serviceDate: { $gte: period.from, $lte: period.to },
  } as never)
    .select({ postingId: 1 })
    .lean();
  const entries = await LedgerEntryModel.find({
    postingId: { $in: [...new Set(own.map(({ postingId }) => postingId))] },
  } as never)
    .sort({ postingId: 1, account: 1 })
    .lean();
  const heads = [...(await headsOf(accounts)).values()];
  const claims = await HoursClaimModel.find({
    personId: people,
    $or: [{ createdAt: during }, { hoursId: { $in: records.map(({ _id }) => _id) } }],
  } as never)
    .sort({ personId: 1, createdAt: -1, _id: -1 })
    .lean();
  return { records, entries, heads, claims };
}

/** Closings of the ledger that concern the period or were made in it, oldest first, each with what was drawn of it. */
export async function inspectedClosings(
  period: InspectedPeriod,
): Promise<{ closing: LedgerClosingRow; statement: LedgerStatementRow | null }[]> {
  const closings = await LedgerClosingModel.find({}).sort({ number: 1 }).lean();
  const { $gte, $lt } = instantsOf(period);
  const [first, last] = [period.from.slice(0, 7), period.to.slice(0, 7)];
  const concerned = closings.filter(
    ({ closedAt, through, after }) =>
      (closedAt >= $gte && closedAt < $lt) || (through >= first && (after ?? '') < last),
  );
  const statements = await LedgerStatementModel.find({
    closing: { $in: concerned.map(({ number }) => number) },
  } as never).lean();
  const byNumber = new Map(statements.map((row) => [row.closing, row]));
  return concerned.map((closing) => ({ closing, statement: byNumber.get(closing.number) ?? null }));
}
