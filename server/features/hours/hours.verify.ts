import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { HoursModel } from './hours.model.ts';
import { LedgerAccountModel, LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';
import { entryHash } from './ledger.service.ts';

/** Invariant 6: every posting sums to zero, each cause posts once. */
const postingsHold: InvariantCheck = {
  name: 'hours/postings-sum-to-zero',
  async run() {
    const tally = invariantTally();
    const sums = new Map<string, { minutes: number; lines: number }>();
    for await (const entry of LedgerEntryModel.find({})
      .select({ tenantId: 1, postingId: 1, minutes: 1 })
      .lean()
      .cursor()) {
      tally.examine();
      const key = `${String(entry.tenantId)} ${entry.postingId}`;
      const sum = sums.get(key) ?? { minutes: 0, lines: 0 };
      sums.set(key, { minutes: sum.minutes + entry.minutes, lines: sum.lines + 1 });
    }
    for (const [key, { minutes, lines }] of sums) {
      if (minutes !== 0) tally.violate(`${key} sums to ${minutes}`);
      if (lines !== 2) tally.violate(`${key} has ${lines} lines`);
    }
    return tally.result();
  },
};

/** Invariant 6: a balance equals the sum of its entries and its cache; the chain of hashes is whole. */
const accountsHold: InvariantCheck = {
  name: 'hours/balances-and-chains',
  async run() {
    const tally = invariantTally();
    const cached = new Map(
      (await LedgerAccountModel.find({}).lean()).map((account) => [
        `${String(account.tenantId)} ${account.account}`,
        account,
      ]),
    );
    let key = '';
    let state = { seq: 0, minutes: 0, head: '' };
    const close = (): void => {
      const account = cached.get(key);
      if (
        key !== '' &&
        (account?.minutes !== state.minutes || account.entries !== state.seq || account.head !== state.head)
      )
        tally.violate(`${key}: cache differs from its entries`);
      cached.delete(key);
    };
    for await (const entry of LedgerEntryModel.find({})
      .sort({ tenantId: 1, account: 1, seq: 1 })
      .lean()
      .cursor()) {
      tally.examine();
      const own = `${String(entry.tenantId)} ${entry.account}`;
      if (own !== key) {
        close();
        key = own;
        state = { seq: 0, minutes: 0, head: '' };
      }
      const broken =
        entry.seq !== state.seq + 1 ||
        entry.previousHash !== state.head ||
        entryHash(entry as LedgerEntryRow) !== entry.hash;
      if (broken) tally.violate(`${own}: entry ${entry.seq} does not follow`);
      state = { seq: entry.seq, minutes: state.minutes + entry.minutes, head: entry.hash };
    }
    close();
    for (const [rest, account] of cached)
      if (account.minutes !== 0 || account.entries !== 0) tally.violate(`${rest}: a balance without entries`);
    return tally.result();
  },
};

/** Invariants 5 and 7: nobody confirmed their own hours; posted time of a person never overlaps nor exceeds its evidence. */
const recordsHold: InvariantCheck = {
  name: 'hours/own-will-and-evidence',
  async run() {
    const tally = invariantTally();
    let last = null as { key: string; to: Date; id: string } | null;
    for await (const record of HoursModel.find({ state: 'posted' })
      .sort({ tenantId: 1, personId: 1, attendedFrom: 1 })
      .lean()
      .cursor()) {
      tally.examine();
      const id = String(record._id);
      const [from, to] = [
        record.attendedFrom ?? record.activity.startsAt,
        record.attendedTo ?? record.activity.endsAt,
      ];
      if (String(record.confirmedByPersonId) === String(record.personId))
        tally.violate(`${id} was confirmed by its own person`);
      if (record.recordedMinutes > Math.floor((to.getTime() - from.getTime()) / 60_000))
        tally.violate(`${id} counts more than was attended`);
      const key = `${String(record.tenantId)} ${String(record.personId)}`;
      if (last?.key === key && from < last.to) tally.violate(`${id} overlaps ${last.id}`);
      last = { key, to, id };
    }
    return tally.result();
  },
};

/** What `npm run verify` checks of hours, across tenants and read-only. */
export const hoursInvariants: readonly InvariantCheck[] = [postingsHold, accountsHold, recordsHold];
