import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { creditLifecycle } from '../../core/states.ts';
import { startOfDay } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { wayAlong } from '../../db/transition.ts';
import { applyAllToLedger } from '../hours/index.ts';
import type { PostedFacts } from '../hours/index.ts';
import { CreditModel } from './credit.model.ts';
import type { CreditRow } from './credit.model.ts';

const RULE_VERSION = 'credit-raw-v1';

/** What entries state of something learned: it has a day and a length, no clock times. */
export function postedFacts(row: Pick<CreditRow, '_id' | 'date' | 'minutes'>, zone: string): PostedFacts {
  const at = startOfDay(row.date, zone);
  return {
    hoursId: null,
    creditId: row._id,
    serviceDate: row.date,
    serviceFrom: at,
    serviceTo: new Date(at.getTime() + row.minutes * 60_000),
    ruleVersion: RULE_VERSION,
  };
}

/** What was passed in a training session of ours, as credit hours state it. */
export type TrainedCredit = Pick<
  CreditRow,
  | 'personId'
  | 'membershipId'
  | 'unitId'
  | 'personName'
  | 'title'
  | 'host'
  | 'dimension'
  | 'category'
  | 'mode'
  | 'date'
  | 'minutes'
  | 'evidence'
> & {
  readonly enrolmentId: Types.ObjectId;
  /** Who assessed it; never the person. */
  readonly by: { readonly accountId: string; readonly personId: string };
};

/**
 * Posts what was passed in a session, raw minutes, in the transaction of the result. Nobody reviews it again: the assessment
 * was somebody else's word already.
 * @returns the entry's id by enrolment; an enrolment is left out whose person has the same thing among their claims, which
 * would count it twice
 */
export async function postTrainings(
  trained: readonly TrainedCredit[],
  zone: string,
): Promise<Map<string, Types.ObjectId>> {
  requireTransaction('A posting');
  const claimed = await CreditModel.find({
    personId: { $in: trained.map(({ personId }) => personId) },
    title: { $in: [...new Set(trained.map(({ title }) => title))] },
    date: { $in: [...new Set(trained.map(({ date }) => date))] },
    state: { $in: ['submitted', 'needs_correction', 'posted'] },
  })
    .select({ personId: 1, title: 1, date: 1 })
    .lean();
  const keyOf = (one: Pick<CreditRow, 'personId' | 'date' | 'title'>): string =>
    `${String(one.personId)} ${one.date} ${one.title}`;
  const known = new Set(claimed.map(keyOf));
  const rows = trained
    .filter((one) => !known.has(keyOf(one)))
    .map(({ by, ...facts }) => ({
      _id: new Types.ObjectId(),
      state: 'posted',
      version: 2,
      history: wayAlong(creditLifecycle, null, ['submitted', 'posted']),
      ...facts,
      activity: 'training',
      quantity: null,
      reviewerId: new Types.ObjectId(by.accountId),
      reviewerPersonId: new Types.ObjectId(by.personId),
      postedAt: contextNow(),
      createdAt: contextNow(),
    }));
  if (rows.length === 0) return new Map();
  await CreditModel.insertMany(rows as never, { ordered: true });
  for (const row of rows)
    await recordAudit({
      action: 'credits/post-training',
      subjectType: 'Credit',
      subjectId: row._id,
      to: 'posted',
    });
  await applyAllToLedger(
    rows.map((row) => ({
      command: {
        kind: 'post',
        source: 'credit',
        recordId: String(row._id),
        personId: String(row.personId),
        counterAccount: `claim:${String(row._id)}`,
        minutes: row.minutes,
      },
      facts: postedFacts(row, zone),
    })),
  );
  return new Map(rows.map((row) => [String(row.enrolmentId), row._id]));
}

/** Posted entries that come from training, by enrolment, across tenants; for `verify`. */
export async function trainingCredits(): Promise<Map<string, { creditId: string; personId: string }[]>> {
  const found = new Map<string, { creditId: string; personId: string }[]>();
  for await (const row of CreditModel.find({ state: 'posted', enrolmentId: { $ne: null } } as never)
    .select({ enrolmentId: 1, personId: 1 })
    .lean()
    .cursor({ batchSize: 1_000 })) {
    const key = String(row.enrolmentId);
    found.set(key, [
      ...(found.get(key) ?? []),
      { creditId: String(row._id), personId: String(row.personId) },
    ]);
  }
  return found;
}
