import { randomInt } from 'node:crypto';
import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import type { Humans } from '../../core/humans.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import { addMonths, localDate, startOfDay } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import type { Page } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import {
  balancesOf,
  entriesOfAccount,
  linesOfAccount,
  linesOfKeys,
  moveKey,
  personSince,
} from '../hours/index.ts';
import type { HoursRow, LedgerEntryRow } from '../hours/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { bankRulesOf, keepBook, noteGift } from './bank.posting.ts';
import { BankAccountModel, KinshipModel } from './time-bank.model.ts';
import type { BankAccountRow } from './time-bank.model.ts';
import {
  earns,
  expired,
  nextExpiry,
  owedAccount,
  POOL,
  remaining,
  savedAccount,
  sourceAccount,
} from './time-bank.rules.ts';
import type { BankRules, SavedLine } from './time-bank.rules.ts';

export interface BankParts {
  readonly humans: Humans;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
}

/** Where a holder stands, in whole minutes. */
export interface Standing {
  readonly savedMinutes: number;
  readonly owedMinutes: number;
}

export type BankService = ReturnType<typeof createBankService>;

/** Movements that give back what was the holder's: nothing new came in. */
const RETURNS = /^bank-(release|refund)/;
/** What was another record's of the same human: it is as old as it was there. */
const MERGED = /^bank-merge:/;
/** An account is looked at at least so often. */
const LOOK_MONTHS = 1;

/** Keeping a time bank: opening, earning by confirmed hours, giving, expiring. */
export function createBankService({ humans, memberships, tenants, units }: BankParts) {
  const rules = async (): Promise<BankRules> => bankRulesOf(await tenants.current());
  const accountOf = (personId: string | Types.ObjectId): Promise<BankAccountRow | null> =>
    BankAccountModel.findOne({ personId: new Types.ObjectId(String(personId)), closedAt: null }).lean();

  /** @throws Conflict when the tenant keeps no time bank, or the person no account in it */
  async function open(
    personId: string,
  ): Promise<{ tenant: Tenant; rules: BankRules; account: BankAccountRow }> {
    const tenant = await tenants.current();
    const account = await accountOf(personId);
    if (!bankRulesOf(tenant).on) throw new Conflict('time-bank-off');
    if (!account) throw new Conflict('no-bank-account');
    return { tenant, rules: bankRulesOf(tenant), account };
  }

  async function standingOf(holder: string): Promise<Standing> {
    const balances = await balancesOf([savedAccount(holder), owedAccount(holder)]);
    return {
      savedMinutes: balances.get(savedAccount(holder)) ?? 0,
      owedMinutes: 0 - (balances.get(owedAccount(holder)) ?? 0),
    };
  }

  /** Opens what was closed again, under the number that it had; where the member is now, and as they are called. */
  async function reopen(membership: MembershipRow, expireAt: Date): Promise<boolean> {
    const { _id: membershipId, personId, unitId, personName } = membership;
    const row = await BankAccountModel.findOneAndUpdate({ personId, closedAt: { $ne: null } } as never, {
      $set: { closedAt: null, openedAt: contextNow(), expireAt, membershipId, unitId, personName },
    }).lean();
    if (row)
      await recordAudit({ action: 'time-bank/reopen', subjectType: 'TimeBankAccount', subjectId: row._id });
    return row !== null;
  }

  /** Those that were served for a team, where such service is the team's. */
  async function teamRows(bank: BankRules, rows: readonly HoursRow[]): Promise<HoursRow[]> {
    const kinds = new Map<string, string>();
    for (const unitId of bank.teams ? new Set(rows.map((row) => String(row.unitId))) : [])
      kinds.set(unitId, (await units.get(unitId)).kind);
    return rows.filter((row) => kinds.get(String(row.unitId)) === 'team');
  }

  return {
    rules,
    accountOf,
    open,
    standingOf,
    poolStanding: (): Promise<Standing> => standingOf(POOL),

    /** The person's movements, newest first. */
    movements: (personId: string, limit: number, cursor: string | undefined): Promise<Page<LedgerEntryRow>> =>
      entriesOfAccount(savedAccount(personId), limit, cursor),

    /** The member begins to save; service confirmed from then on earns. @throws Conflict, Forbidden */
    async openAccount(actor: AccountActor): Promise<BankAccountRow> {
      if (!(await rules()).on) throw new Conflict('time-bank-off');
      return inTransaction(async () => {
        const membership = await memberships.approvedOf(actor.personId);
        if (!membership) throw new Forbidden('members-only');
        const known = await accountOf(actor.personId);
        if (known) return known;
        const { zone } = await tenants.current();
        const expireAt = startOfDay(addMonths(localDate(contextNow(), zone), LOOK_MONTHS), zone);
        const { personId, unitId, personName } = membership;
        if (await reopen(membership, expireAt)) return (await accountOf(actor.personId)) as BankAccountRow;
        const _id = new Types.ObjectId();
        await BankAccountModel.create([
          {
            _id,
            personId,
            unitId,
            personName,
            membershipId: membership._id,
            number: String(randomInt(10 ** 9, 10 ** 10)),
            openedAt: contextNow(),
            expireAt,
          } as never,
        ]).catch((err: unknown) => {
          throw isDuplicateKey(err) ? new Conflict('already-exists') : err;
        });
        await recordAudit({ action: 'time-bank/open', subjectType: 'TimeBankAccount', subjectId: _id });
        return (await accountOf(actor.personId)) as BankAccountRow;
      });
    },

    /** In the transaction that posts hours: those of savers earn, where their kind of service does. */
    async earn(rows: readonly HoursRow[], tenant: Tenant): Promise<void> {
      const bank = bankRulesOf(tenant);
      const counting = rows.filter((row) => earns(bank, row.category));
      if (counting.length === 0) return;
      const savers = new Set(
        (
          await BankAccountModel.distinct('personId', {
            personId: { $in: counting.map((row) => row.personId) },
            closedAt: null,
          } as never)
        ).map(String),
      );
      const ofTeams = await teamRows(bank, counting);
      const earning = counting.filter((row) => savers.has(String(row.personId)) && !ofTeams.includes(row));
      if (earning.length + ofTeams.length === 0) return;
      const holders = [...new Set(earning.map((row) => String(row.personId)))];
      await keepBook(tenant, { holders }, (book) => {
        for (const row of ofTeams) book.earnForPool(String(row._id), row.recordedMinutes);
        for (const row of earning)
          book.earn(String(row._id), String(row.personId), row.recordedMinutes, bank.capMinutes);
        return null;
      });
    },

    /** In the transaction that takes hours back: what they earned goes, or is owed where it was spent. */
    async unearn(row: HoursRow, reason: string): Promise<void> {
      const id = String(row._id);
      const keys = ['bank-earn', 'bank-earn-owed', 'bank-over', 'bank-over-owed'].map((what) =>
        moveKey(what, id),
      );
      const lines = await linesOfKeys(keys);
      const earned = (which: readonly string[]): number =>
        which
          .flatMap((key) => lines.get(key) ?? [])
          .filter(({ account }) => account !== sourceAccount(id))
          .reduce((sum, { minutes }) => sum + minutes, 0);
      const own = earned(keys.slice(0, 2));
      const over = earned(keys.slice(2));
      if (own + over === 0) return;
      // Whose record became another's has nothing of it any more, also of hours that stayed behind.
      const personId = String(await personSince(row.personId, row.postedAt ?? row.createdAt));
      const of = { holders: [personId], accounts: [sourceAccount(id)], reason };
      await keepBook(await tenants.current(), of, (book) => {
        book.unearn(id, personId, { own, over });
        return null;
      });
    },

    /** Gives saved time to a relative whom a coordinator confirmed. @throws Invalid beside the field, Conflict */
    async give(
      actor: AccountActor,
      input: { readonly kinshipId: string; readonly minutes: number; readonly note: string },
    ): Promise<{ id: string }> {
      return inTransaction(async () => {
        const { tenant, rules: bank } = await open(actor.personId);
        if (!bank.gifts) throw new Conflict('gifts-off');
        const self = new Types.ObjectId(actor.personId);
        const kinship = await KinshipModel.findOne({
          _id: new Types.ObjectId(input.kinshipId),
          state: 'confirmed',
          $or: [{ personId: self }, { relativeId: self }],
        } as never).lean();
        if (!kinship) throw Invalid.field('kinshipId', 'not-a-relative');
        const toPersonId = kinship.personId.equals(self) ? kinship.relativeId : kinship.personId;
        const to = String(toPersonId);
        if (!(await accountOf(to))) throw Invalid.field('kinshipId', 'no-bank-account');
        // They may have turned out to be one human since somebody confirmed that they are two.
        if (await humans.isSame(actor.personId, { personIds: [to] }))
          throw Invalid.field('kinshipId', 'same-human');
        const _id = new Types.ObjectId();
        const refusal = await keepBook(tenant, { holders: [actor.personId, to] }, (book) =>
          book.gift(String(_id), actor.personId, to, input.minutes, bank.capMinutes),
        );
        if (refusal) throw Invalid.field('hours', refusal);
        const { minutes, note } = input;
        await noteGift({ personId: self, toPersonId, kinshipId: kinship._id, minutes, note }, _id);
        return { id: String(_id) };
      });
    },

    /** Gives saved time to the pool, for people in need. @throws Invalid beside the field, Conflict */
    async donate(
      actor: AccountActor,
      input: { readonly minutes: number; readonly note: string },
    ): Promise<{ id: string }> {
      return inTransaction(async () => {
        const { tenant } = await open(actor.personId);
        const _id = new Types.ObjectId();
        const refusal = await keepBook(tenant, { holders: [actor.personId] }, (book) =>
          book.donate(String(_id), actor.personId, input.minutes),
        );
        if (refusal) throw Invalid.field('hours', refusal);
        const personId = new Types.ObjectId(actor.personId);
        await noteGift({ personId, toPersonId: null, kinshipId: null, ...input }, _id);
        return { id: String(_id) };
      });
    },

    /** Accounts to look at for what has expired, of all tenants, for the sweep. */
    async dueToExpire(query: {
      readonly now: Date;
      readonly limit: number;
      readonly except: readonly string[];
    }) {
      const rows = await BankAccountModel.find({
        expireAt: { $lte: query.now },
        _id: { $nin: query.except.map((id) => new Types.ObjectId(id)) },
      } as never)
        .sort({ expireAt: 1 })
        .limit(query.limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Takes out what has expired today and says when to look again. */
    async expire(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await BankAccountModel.findById(id).lean();
        if (!row?.expireAt || row.expireAt > contextNow()) return;
        const tenant = await tenants.current();
        const { expiryMonths } = bankRulesOf(tenant);
        const today = localDate(contextNow(), tenant.zone);
        const person = String(row.personId);
        const lines = await savedLines(savedAccount(person), tenant.zone);
        const lost = expired(lines, expiryMonths, today);
        if (lost > 0)
          await keepBook(tenant, { holders: [person] }, (book) => {
            book.expire(`${id}-${today}`, person, lost);
            return null;
          });
        const rest = [...lines, { date: today, minutes: -lost, returned: false }];
        const next = [nextExpiry(rest, expiryMonths), addMonths(today, LOOK_MONTHS)].filter(
          (date): date is string => date !== null && date > today,
        );
        const expireAt = startOfDay(next.sort()[0] ?? addMonths(today, LOOK_MONTHS), tenant.zone);
        await BankAccountModel.updateOne({ _id: row._id } as never, { $set: { expireAt } });
      });
    },
  };
}

/**
 * All lines of an account of saved time. What came with another record of the human stands in with the days on which it came in there,
 * however often records became one.
 * @param before only lines before the one with this source key
 */
async function savedLines(account: string, zone: string, before: string | null = null): Promise<SavedLine[]> {
  const lines: SavedLine[] = [];
  for (const { minutes, sourceKey, postedAt } of await linesOfAccount(account)) {
    if (sourceKey === before) break;
    const date = localDate(postedAt, zone);
    if (minutes > 0 && MERGED.test(sourceKey)) lines.push(...(await mergedLines(account, sourceKey, zone)));
    else lines.push({ date, minutes, returned: RETURNS.test(sourceKey) });
  }
  return lines;
}

/** What the other record still had of each day when it became this one's. */
async function mergedLines(account: string, sourceKey: string, zone: string): Promise<SavedLine[]> {
  const lines = (await linesOfKeys([sourceKey])).get(sourceKey) ?? [];
  const other = lines.find((line) => line.account !== account);
  return other ? remaining(await savedLines(other.account, zone, sourceKey)) : [];
}
