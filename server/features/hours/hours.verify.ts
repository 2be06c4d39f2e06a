import type { Types } from 'mongoose';
import { canonicalJson } from '../../core/canonical-json.ts';
import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { minutesBetween } from '../../core/time.ts';
import { twins } from '../identity-documents/index.ts';
import { shiftsWithoutHours } from '../shifts/index.ts';
import { claimInvariants } from './claim.verify.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { COMPUTED_VERSIONS, recordedMinutes } from './hours.rules.ts';
import type { HoursInputs } from './hours.rules.ts';
import { LedgerClosingModel, LedgerStatementModel } from './ledger.closing.model.ts';
import type { LedgerClosingRow } from './ledger.closing.model.ts';
import { figuresOf } from './ledger.closing.service.ts';
import { CLOSED_MONTHS, LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';
import { entryHash } from './ledger.text.rules.ts';

const BATCH = 2_000;

interface PostingSum {
  readonly _id: { readonly t: Types.ObjectId; readonly p: string };
  readonly minutes: number;
  readonly lines: number;
}

/** Invariant 6: every posting sums to zero and has two lines; each cause posts once by a unique index. */
const postingsHold: InvariantCheck = {
  name: 'hours/postings-sum-to-zero',
  async run() {
    const tally = invariantTally();
    tally.examine(await LedgerEntryModel.countDocuments({}));
    // Summed where the rows are: a map of millions of postings would not fit here.
    const wrong = LedgerEntryModel.aggregate<PostingSum>([
      { $match: { account: { $ne: CLOSED_MONTHS } } },
      {
        $group: {
          _id: { t: '$tenantId', p: '$postingId' },
          minutes: { $sum: '$minutes' },
          lines: { $sum: 1 },
        },
      },
      { $match: { $or: [{ minutes: { $ne: 0 } }, { lines: { $ne: 2 } }] } },
    ])
      .allowDiskUse(true)
      .cursor<PostingSum>({ batchSize: BATCH });
    for await (const { _id, minutes, lines } of wrong) {
      const key = `${String(_id.t)} ${_id.p}`;
      if (minutes !== 0) tally.violate(`${key} sums to ${minutes}`);
      if (lines !== 2) tally.violate(`${key} has ${lines} lines`);
    }
    return tally.result();
  },
};

/** Invariant 6: each entry's balance is the sum of the entries so far; the chain of hashes is whole. */
const accountsHold: InvariantCheck = {
  name: 'hours/balances-and-chains',
  async run() {
    const tally = invariantTally();
    let key = '';
    let state = { seq: 0, minutes: 0, head: '' };
    for await (const entry of LedgerEntryModel.find({})
      .sort({ tenantId: 1, account: 1, seq: 1 })
      .lean()
      .cursor({ batchSize: BATCH })) {
      tally.examine();
      const own = `${String(entry.tenantId)} ${entry.account}`;
      if (own !== key) {
        key = own;
        state = { seq: 0, minutes: 0, head: '' };
      }
      const broken =
        entry.seq !== state.seq + 1 ||
        entry.previousHash !== state.head ||
        entryHash(entry as LedgerEntryRow) !== entry.hash;
      if (broken)
        tally.violate(
          `ledger entry ${String(entry._id)} (${own}, number ${entry.seq}) was changed by hand or does not follow`,
        );
      state = { seq: entry.seq, minutes: state.minutes + entry.minutes, head: entry.hash };
      if (entry.balance !== state.minutes)
        tally.violate(
          `ledger entry ${String(entry._id)} (${own}, number ${entry.seq}) has a balance of ${entry.balance} where ${state.minutes} were posted`,
        );
    }
    return tally.result();
  },
};

/** Invariant 6: the ledger says of each record what its state says; each cause posted once and was taken back at most once. */
const statesHold: InvariantCheck = {
  name: 'hours/ledger-follows-records',
  async run() {
    const tally = invariantTally();
    const posted = new Map<string, { minutes: number; entries: number }>();
    for await (const entry of LedgerEntryModel.find({ account: /^person:/ })
      .select({ hoursId: 1, minutes: 1 })
      .lean()
      .cursor()) {
      const id = String(entry.hoursId);
      const known = posted.get(id) ?? { minutes: 0, entries: 0 };
      posted.set(id, { minutes: known.minutes + entry.minutes, entries: known.entries + 1 });
    }
    for await (const record of HoursModel.find({})
      .select({ state: 1, recordedMinutes: 1 })
      .lean()
      .cursor({ batchSize: BATCH })) {
      tally.examine();
      const id = String(record._id);
      const found = posted.get(id) ?? { minutes: 0, entries: 0 };
      const wanted =
        record.state === 'posted'
          ? { minutes: record.recordedMinutes, entries: 1 }
          : { minutes: 0, entries: ['reversed', 'moved'].includes(record.state) ? 2 : 0 };
      if (found.minutes !== wanted.minutes || found.entries !== wanted.entries)
        tally.violate(`${id} is ${record.state} with ${found.entries} entries of ${found.minutes} minutes`);
      posted.delete(id);
    }
    for (const id of posted.keys()) tally.violate(`${id}: entries without a record`);
    return tally.result();
  },
};

/** Invariants 5 and 7: nobody confirmed their own hours; a person's posted time never overlaps, in whatever tenants. */
const peopleHold: InvariantCheck = {
  name: 'hours/own-will-and-overlap',
  async run() {
    const tally = invariantTally();
    let last = null as { personId: string; to: Date; id: string } | null;
    for await (const record of HoursModel.find({ state: 'posted' })
      .select({ personId: 1, confirmedByPersonId: 1, servedFrom: 1, servedTo: 1 })
      .sort({ personId: 1, servedFrom: 1 })
      .lean()
      .cursor({ batchSize: BATCH })) {
      tally.examine();
      const [id, personId] = [String(record._id), String(record.personId)];
      if (record.confirmedByPersonId === null) tally.violate(`${id} was confirmed by nobody`);
      if (String(record.confirmedByPersonId) === personId)
        tally.violate(`${id} was confirmed by its own person`);
      if (last?.personId === personId && record.servedFrom < last.to)
        tally.violate(`${id} overlaps ${last.id}`);
      last = { personId, to: record.servedTo, id };
    }
    return tally.result();
  },
};

/** Invariant 5 for humans: no account confirmed what another account of the same human gave, once both had said who they are. */
const humansHold: InvariantCheck = {
  name: 'hours/confirmed-by-another-human',
  async run() {
    const tally = invariantTally();
    const known = await twins();
    for await (const record of HoursModel.find({ state: 'posted' })
      .select({ personId: 1, confirmedByPersonId: 1, enteredBy: 1, grade: 1, postedAt: 1 })
      .lean()
      .cursor({ batchSize: BATCH })) {
      tally.examine();
      const [subject, confirmer] = [
        known.get(String(record.personId)),
        known.get(String(record.confirmedByPersonId)),
      ];
      const knownThen = (at: Date | undefined): boolean =>
        at !== undefined && record.postedAt !== null && at <= record.postedAt;
      if (subject?.human === confirmer?.human && knownThen(subject?.since) && knownThen(confirmer?.since))
        tally.violate(`${String(record._id)} was confirmed by another account of its own person`);
      if (record.enteredBy && String(record.enteredBy) === String(record.confirmedByPersonId))
        tally.violate(`${String(record._id)} was confirmed by who entered it`);
    }
    return tally.result();
  },
};

/** Invariant 7: recorded minutes never exceed what was attended, and are what the rule gives for the inputs kept beside them. */
const evidenceHolds: InvariantCheck = {
  name: 'hours/minutes-follow-evidence',
  async run() {
    const tally = invariantTally();
    for await (const record of HoursModel.find({})
      .select({ attendedFrom: 1, attendedTo: 1, servedFrom: 1, servedTo: 1, activity: 1, recordedMinutes: 1 })
      .select({ policyVersion: 1, inputs: 1 })
      .lean()
      .cursor({ batchSize: BATCH })) {
      tally.examine();
      const id = String(record._id);
      const attended = minutesBetween(
        record.attendedFrom ?? record.activity.startsAt,
        record.attendedTo ?? record.activity.endsAt,
      );
      if (record.recordedMinutes > Math.max(0, attended))
        tally.violate(`${id} counts more than was attended`);
      if (record.recordedMinutes > minutesBetween(record.servedFrom, record.servedTo))
        tally.violate(`${id} counts more than its own stretch`);
      if (!COMPUTED_VERSIONS.includes(record.policyVersion)) continue;
      const again = recordedMinutes(record.inputs as unknown as HoursInputs);
      if (again.minutes !== record.recordedMinutes) tally.violate(`${id} is not what its rule gives`);
    }
    return tally.result();
  },
};

/** nothing is recorded of a shift that is paid, compulsory or in duty time. */
const volunteerServiceOnly: InvariantCheck = {
  name: 'hours/volunteer-service-only',
  async run() {
    const tally = invariantTally();
    const without = await shiftsWithoutHours();
    for await (const record of HoursModel.find({ shiftId: { $ne: null } } as never)
      .select({ shiftId: 1 })
      .lean()
      .cursor({ batchSize: BATCH })) {
      tally.examine();
      if (without.has(String(record.shiftId)))
        tally.violate(`${String(record._id)} records what is no volunteer service`);
    }
    return tally.result();
  },
};

/** What the ledger says of each claim of credit hours: minutes and entries of the person's account; for its own check. */
export async function creditPostings(): Promise<Map<string, { minutes: number; entries: number }>> {
  const posted = new Map<string, { minutes: number; entries: number }>();
  for await (const entry of LedgerEntryModel.find({ account: /^credit:/ })
    .select({ creditId: 1, minutes: 1 })
    .lean()
    .cursor()) {
    const id = String(entry.creditId);
    const known = posted.get(id) ?? { minutes: 0, entries: 0 };
    posted.set(id, { minutes: known.minutes + entry.minutes, entries: known.entries + 1 });
  }
  return posted;
}
/** Every account of the time bank with its balance, by tenant; for its own checks. */
export async function bankBalances(): Promise<{ tenantId: string; account: string; minutes: number }[]> {
  const rows = await LedgerEntryModel.aggregate<{ _id: { t: Types.ObjectId; a: string }; minutes: number }>([
    { $match: { account: /^bank/ } },
    { $group: { _id: { t: '$tenantId', a: '$account' }, minutes: { $sum: '$minutes' } } },
  ]);
  return rows.map(({ _id, minutes }) => ({ tenantId: String(_id.t), account: _id.a, minutes }));
}

/** What these records of hours are, by id, in whatever tenant. */
export async function recordsBehind(
  ids: readonly Types.ObjectId[],
): Promise<Map<string, Pick<HoursRow, 'state' | 'recordedMinutes' | 'personId' | 'tenantId'>>> {
  const rows = await HoursModel.find({ _id: { $in: [...ids] } } as never)
    .select({ tenantId: 1, state: 1, recordedMinutes: 1, personId: 1 })
    .lean();
  return new Map(rows.map((row) => [String(row._id), row]));
}

/** Invariant 6: the statement of a closed month never changes, whatever is posted later. */
const statementsHold: InvariantCheck = {
  name: 'hours/closed-months-stay',
  async run() {
    const tally = invariantTally();
    const closings = new Map<string, LedgerClosingRow>();
    const last = new Map<string, string>();
    for (const row of await LedgerClosingModel.find({}).sort({ number: 1 }).lean()) {
      closings.set(`${String(row.tenantId)} ${row.number}`, row);
      last.set(String(row.tenantId), row.through);
    }
    const lines = await LedgerEntryModel.find({ account: CLOSED_MONTHS })
      .select({ tenantId: 1, seq: 1, period: 1 })
      .sort({ seq: 1 })
      .lean();
    // The newest of each tenant stays.
    const posted = new Map(lines.map(({ tenantId, period }) => [String(tenantId), period]));
    for (const [tenantId, through] of posted) {
      if (through !== last.get(tenantId))
        tally.violate(`${tenantId} posts as if closed through ${through ?? 'nothing'}`);
      last.delete(tenantId);
    }
    for (const [tenantId, through] of last)
      tally.violate(`${tenantId} posts as if ${through} had not been closed`);
    for await (const statement of LedgerStatementModel.find({}).lean().cursor({ batchSize: 20 })) {
      tally.examine();
      const key = `${String(statement.tenantId)} ${statement.closing}`;
      const closing = closings.get(key);
      if (!closing) {
        tally.violate(`statement ${key} is of no closing`);
        continue;
      }
      const { digest, entries, months } = await figuresOf(closing);
      const told = canonicalJson(months.map((month) => ({ ...month })));
      if (
        digest !== statement.digest ||
        entries !== statement.entries ||
        told !== canonicalJson(statement.months.map((month) => ({ ...month })))
      )
        tally.violate(`statement ${key} (through ${closing.through}) is not what the ledger holds`);
    }
    return tally.result();
  },
};

/** What somebody took along left one ledger and entered the other, and is one thing in both: the same minutes, taken back in both. */
const transfersHold: InvariantCheck = {
  name: 'hours/taken-along-once',
  async run() {
    const tally = invariantTally();
    const sums = LedgerEntryModel.aggregate<{ _id: string; sum: number }>([
      { $match: { account: /^transfer:/ } },
      { $group: { _id: '$account', sum: { $sum: '$minutes' } } },
    ]).cursor<{ _id: string; sum: number }>({ batchSize: BATCH });
    for await (const { _id: account, sum } of sums) {
      tally.examine();
      if (sum !== 0) tally.violate(`${account} sums to ${sum} over both organisations`);
    }
    const moved = new Map<string, string>();
    for await (const row of HoursModel.find({ movedTo: { $ne: null } } as never)
      .select({ state: 1, movedTo: 1, recordedMinutes: 1, personId: 1 })
      .lean()
      .cursor({ batchSize: BATCH }))
      moved.set(
        String(row._id),
        sameHours(
          { ...row, personId: row.movedTo?.personId ?? row.personId },
          String(row.movedTo?.tenantId),
          row.state === 'reversed',
        ),
      );
    for await (const row of HoursModel.find({ 'origin.hoursId': { $type: 'objectId' } } as never)
      .select({ tenantId: 1, state: 1, origin: 1, recordedMinutes: 1, personId: 1 })
      .lean()
      .cursor({ batchSize: BATCH })) {
      tally.examine();
      const from = String(row.origin?.hoursId);
      if (moved.get(from) !== sameHours(row, String(row.tenantId), row.state === 'reversed'))
        tally.violate(`${String(row._id)} is not what ${from} was when it went`);
      moved.delete(from);
    }
    for (const id of moved.keys()) tally.violate(`${id} went and came nowhere`);
    return tally.result();
  },
};
const sameHours = (
  row: Pick<HoursRow, 'recordedMinutes' | 'personId'>,
  tenantId: string,
  isReversed: boolean,
): string => [tenantId, String(row.personId), row.recordedMinutes, isReversed].join(' ');

/** What `npm run verify` checks of hours, across tenants and read-only. */
export const hoursInvariants: readonly InvariantCheck[] = [
  postingsHold,
  accountsHold,
  statementsHold,
  statesHold,
  peopleHold,
  humansHold,
  evidenceHolds,
  volunteerServiceOnly,
  transfersHold,
  ...claimInvariants,
];
