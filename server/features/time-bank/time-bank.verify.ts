import { Types } from 'mongoose';
import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { bankBalances, recordsBehind } from '../hours/index.ts';
import { BankAccountModel, BankGiftModel, KinshipModel, RedemptionModel } from './time-bank.model.ts';
import { POOL, savedAccount } from './time-bank.rules.ts';

const kindOf = (account: string): string => account.slice(0, account.indexOf(':'));
const idOf = (account: string): string => account.slice(account.indexOf(':') + 1);

/** Nobody's saved time is below zero, nobody owes while they have, and the whole of it sums to zero in each tenant. */
const balancesHold: InvariantCheck = {
  name: 'time-bank/nobody-below-zero',
  async run() {
    const tally = invariantTally();
    const sums = new Map<string, number>();
    const rows = await bankBalances();
    const byAccount = new Map(rows.map((row) => [`${row.tenantId} ${row.account}`, row.minutes]));
    for (const { tenantId, account, minutes } of rows) {
      tally.examine();
      sums.set(tenantId, (sums.get(tenantId) ?? 0) + minutes);
      const kind = kindOf(account);
      const [low, high] = kind === 'bank-owed' || kind === 'bank-hours' ? [-Infinity, 0] : [0, Infinity];
      if (minutes < low || minutes > high) tally.violate(`${tenantId} ${account} holds ${minutes}`);
      if (kind !== 'bank' || minutes <= 0 || idOf(account) === POOL) continue;
      if ((byAccount.get(`${tenantId} bank-owed:${idOf(account)}`) ?? 0) < 0)
        tally.violate(`${tenantId} ${account} holds ${minutes} and owes`);
    }
    for (const [tenantId, sum] of sums)
      if (sum !== 0) tally.violate(`the time bank of ${tenantId} sums to ${sum}`);
    return tally.result();
  },
};

/** What was earned is what posted hours state; of hours that were taken back nothing is left. */
const earningsFollow: InvariantCheck = {
  name: 'time-bank/earnings-follow-hours',
  async run() {
    const tally = invariantTally();
    const rows = await bankBalances();
    const sources = rows.filter(({ account }) => kindOf(account) === 'bank-hours');
    const served = rows.filter(({ account }) => kindOf(account) === 'bank-served');
    const ids = [...sources, ...served].map(({ account }) => new Types.ObjectId(idOf(account)));
    const records = await recordsBehind(ids);
    for (const { tenantId, account, minutes } of sources) {
      tally.examine();
      const record = records.get(idOf(account));
      const counts =
        record && ['posted', 'moved'].includes(record.state) && String(record.tenantId) === tenantId;
      const wanted = counts ? record.recordedMinutes : 0;
      if (-minutes !== wanted) tally.violate(`${idOf(account)} earned ${-minutes} of ${wanted}`);
    }
    for (const { account, minutes } of served) {
      tally.examine();
      const record = records.get(idOf(account));
      const most = record && record.state !== 'reversed' ? record.recordedMinutes : 0;
      if (minutes > most) tally.violate(`${idOf(account)} served ${minutes} of ${most}`);
    }
    return tally.result();
  },
};

/** What is set aside and spent is what redemptions say; gifts went to confirmed relatives. */
const rowsFollow: InvariantCheck = {
  name: 'time-bank/follows-its-rows',
  async run() {
    const tally = invariantTally();
    const held = new Map<string, number>();
    const spent = new Map<string, number>();
    for (const { account, minutes } of await bankBalances()) {
      if (kindOf(account) === 'bank-held') held.set(idOf(account), minutes);
      if (kindOf(account) === 'bank-served') spent.set(idOf(account), minutes);
    }
    for await (const row of RedemptionModel.find({}).lean().cursor({ batchSize: 500 })) {
      tally.examine();
      const id = String(row._id);
      const wanted = ['requested', 'confirmed'].includes(row.state) ? row.minutes : 0;
      if ((held.get(id) ?? 0) !== wanted)
        tally.violate(`redemption ${id} is ${row.state} with ${held.get(id) ?? 0} minutes set aside`);
      held.delete(id);
      if (row.state === 'settled' && row.hoursId) {
        const hoursId = String(row.hoursId);
        spent.set(hoursId, (spent.get(hoursId) ?? 0) - (row.settledMinutes ?? 0));
      }
      const subject = String(row.personId ?? row.askedByPersonId);
      if ([row.decidedByPersonId, row.settledByPersonId].some((by) => String(by) === subject))
        tally.violate(`redemption ${id} was decided by its own person`);
      if (String(row.providerPersonId) === String(row.personId ?? ''))
        tally.violate(`redemption ${id} was served by its own person`);
    }
    for (const [id, minutes] of held) if (minutes !== 0) tally.violate(`${id}: set aside for no redemption`);
    for (const [id, minutes] of spent)
      if (minutes !== 0) tally.violate(`${id}: ${minutes} minutes served to no redemption`);
    for await (const gift of BankGiftModel.find({ toPersonId: { $ne: null } })
      .lean()
      .cursor({ batchSize: 500 })) {
      tally.examine();
      const pair = [String(gift.personId), String(gift.toPersonId)].sort().join(' ');
      const kin = await KinshipModel.findOne({ _id: gift.kinshipId } as never).lean();
      const since = kin?.history.find(({ to }) => to === 'confirmed')?.at;
      if (kin?.pair !== pair || !since || since > gift.createdAt)
        tally.violate(`gift ${String(gift._id)} went to no confirmed relative`);
    }
    return tally.result();
  },
};

/** A closed account holds nothing, and nothing is under way for it. */
const closedHold: InvariantCheck = {
  name: 'time-bank/closed-hold-nothing',
  async run() {
    const tally = invariantTally();
    const saved = new Map(
      (await bankBalances()).map(({ tenantId, account, minutes }) => [`${tenantId} ${account}`, minutes]),
    );
    for await (const row of BankAccountModel.find({ closedAt: { $ne: null } } as never)
      .lean()
      .cursor({ batchSize: 500 })) {
      tally.examine();
      const minutes = saved.get(`${String(row.tenantId)} ${savedAccount(String(row.personId))}`) ?? 0;
      if (minutes !== 0) tally.violate(`closed account ${row.number} holds ${minutes}`);
      const open = {
        tenantId: row.tenantId,
        personId: row.personId,
        state: { $in: ['requested', 'confirmed'] },
      };
      if (await RedemptionModel.exists(open as never))
        tally.violate(`closed account ${row.number} is asked of`);
    }
    return tally.result();
  },
};

/** What `npm run verify` checks of the time bank, across tenants and read-only. */
export const timeBankInvariants: readonly InvariantCheck[] = [
  balancesHold,
  earningsFollow,
  rowsFollow,
  closedHold,
];
