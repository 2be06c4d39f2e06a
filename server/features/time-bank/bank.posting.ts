import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { balancesOf, postAllToLedger } from '../hours/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { BankAccountModel, BankGiftModel } from './time-bank.model.ts';
import type { BankGiftRow } from './time-bank.model.ts';
import { openBook, owedAccount, POOL, savedAccount } from './time-bank.rules.ts';
import type { BankRefusal, BankRules, Book } from './time-bank.rules.ts';

export const BANK_RULES_VERSION = 'bank/1';

/** The tenant's rules; of a tenant without a time bank nothing earns and nothing moves. */
export const bankRulesOf = ({ settings }: Tenant): BankRules => ({
  on: settings.timeBank ?? false,
  capMinutes: (settings.bankCapHours ?? 0) * 60,
  expiryMonths: settings.bankExpiryMonths ?? 0,
  redeemFromAge: settings.bankRedeemFromAge ?? 0,
  gifts: settings.bankGifts ?? true,
  teams: settings.bankTeams ?? false,
  areas: settings.bankAreas ?? [],
});

/** A record's id is the first part of what names its movements. */
const idOf = (recordId: string): Types.ObjectId => new Types.ObjectId(recordId.slice(0, 24));

/**
 * Reads what these holders and accounts have, lets `record` write a book on it, and posts what it says: in the caller's
 * transaction, which every other movement of the same people meets.
 * @returns the refusal of `record`; then nothing is posted
 */
export async function keepBook(
  tenant: Pick<Tenant, 'zone'>,
  of: {
    readonly holders: readonly string[];
    readonly accounts?: readonly string[];
    readonly reason?: string;
  },
  record: (book: Book) => BankRefusal | null | undefined,
): Promise<BankRefusal | null> {
  const people = of.holders.filter((holder) => holder !== POOL).map((id) => new Types.ObjectId(id));
  // In the order of the index, so that two that name the same people wait instead of fighting.
  await BankAccountModel.updateMany({ personId: { $in: people } } as never, { $inc: { moves: 1 } } as never);
  const holders = [...new Set([...of.holders, POOL])];
  const balances = await balancesOf([
    ...holders.flatMap((holder) => [savedAccount(holder), owedAccount(holder)]),
    ...(of.accounts ?? []),
  ]);
  const book = openBook(balances);
  const refusal = record(book) ?? null;
  if (refusal) return refusal;
  const now = contextNow();
  await postAllToLedger(
    book.moves.map((move) => ({
      command: { kind: 'move', cause: 'bank', ...move },
      facts: {
        hoursId: null,
        creditId: null,
        bankId: idOf(move.recordId),
        serviceDate: localDate(now, tenant.zone),
        serviceFrom: now,
        serviceTo: now,
        ruleVersion: BANK_RULES_VERSION,
      },
      reason: of.reason ?? null,
    })),
  );
  return null;
}

/** Writes down a gift that the book has posted under this id, in the same transaction. */
export async function noteGift(
  row: Omit<BankGiftRow, '_id' | 'tenantId' | 'createdAt'>,
  _id: Types.ObjectId,
): Promise<void> {
  await BankGiftModel.create([{ _id, ...row, createdAt: contextNow() } as never]);
  await recordAudit({
    action: row.toPersonId ? 'time-bank/give' : 'time-bank/donate',
    subjectType: 'TimeBankGift',
    subjectId: _id,
    facts: { minutes: row.minutes },
  });
}
