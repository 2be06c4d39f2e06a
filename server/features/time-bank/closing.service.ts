import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import { kinshipLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import { transition } from '../../db/transition.ts';
import type { IdentityDocumentService } from '../identity-documents/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { bankRulesOf, keepBook, noteGift } from './bank.posting.ts';
import type { BankService } from './bank.service.ts';
import { BankAccountModel, KinshipModel, RedemptionModel } from './time-bank.model.ts';
import type { BankAccountRow, KinshipRow } from './time-bank.model.ts';

export interface ClosingParts {
  readonly bank: BankService;
  readonly identityDocuments: IdentityDocumentService;
  readonly tenants: TenantService;
}

/** The pool, or a relative by the id of the kinship. */
export type Heir = 'pool' | (string & {});

export type BankClosing = ReturnType<typeof createBankClosing>;

/**
 * Ending an account: what is saved is given away, to the pool or to one direct relative; hours of service stay as
 * they are. Nothing may be set aside, and nothing owed, that the account would take along.
 */
export function createBankClosing({ bank, identityDocuments, tenants }: ClosingParts) {
  const kinshipsOf = (personId: Types.ObjectId): Promise<KinshipRow[]> =>
    KinshipModel.find({
      state: { $in: ['declared', 'confirmed'] },
      $or: [{ personId }, { relativeId: personId }],
    } as never).lean();

  const byNumber = async (number: string): Promise<BankAccountRow | null> =>
    number === '' ? null : BankAccountModel.findOne({ number, closedAt: null } as never).lean();

  /** Gives away what is saved. @throws Invalid beside the field */
  async function giveAway(account: BankAccountRow, heir: Heir, field: string): Promise<void> {
    const tenant = await tenants.current();
    const from = String(account.personId);
    const kinship =
      heir === 'pool'
        ? null
        : (await kinshipsOf(account.personId)).find(
            ({ _id, state }) => state === 'confirmed' && String(_id) === heir,
          );
    if (kinship === undefined) throw Invalid.field(field, 'not-a-relative');
    const relative = kinship?.personId.equals(account.personId) ? kinship.relativeId : kinship?.personId;
    if (relative && !bankRulesOf(tenant).gifts) throw Invalid.field(field, 'gifts-off');
    if (relative && !(await bank.accountOf(relative))) throw Invalid.field(field, 'no-bank-account');
    const { savedMinutes: minutes } = await bank.standingOf(from);
    if (minutes === 0) return;
    const _id = new Types.ObjectId();
    const holders = relative ? [from, String(relative)] : [from];
    const refusal = await keepBook(tenant, { holders }, (book) =>
      relative
        ? book.gift(String(_id), from, String(relative), minutes, bankRulesOf(tenant).capMinutes)
        : book.donate(String(_id), from, minutes),
    );
    if (refusal) throw Invalid.field(field, refusal);
    const to = { toPersonId: relative ?? null, kinshipId: kinship?._id ?? null };
    await noteGift({ personId: account.personId, ...to, minutes, note: '' }, _id);
  }

  const hasOpen = async (personId: Types.ObjectId): Promise<boolean> => {
    const open = { personId, state: { $in: ['requested', 'confirmed'] } };
    return (await RedemptionModel.exists(open as never)) !== null;
  };

  /** @throws Conflict while something is set aside or owed */
  async function assertClosable({ personId }: BankAccountRow): Promise<{ savedMinutes: number }> {
    if (await hasOpen(personId)) throw new Conflict('redemptions-open');
    const standing = await bank.standingOf(String(personId));
    if (standing.owedMinutes > 0) throw new Conflict('time-owed');
    return standing;
  }

  /** The account that the desk names, and whose it would be: neither is the actor's. @throws Invalid beside the field, Forbidden */
  async function forDesk(
    actor: AccountActor,
    input: { readonly number: string; readonly relative: string },
  ): Promise<{ account: BankAccountRow; heir: BankAccountRow | null; kinship: KinshipRow | null }> {
    const [account, heir] = [await byNumber(input.number), await byNumber(input.relative)];
    if (!account || !can(actor, 'time-bank:run', String(account.unitId)))
      throw Invalid.field('number', 'no-such-account');
    const people = [actor.personId, String(account.personId), ...(heir ? [String(heir.personId)] : [])];
    const humans = await identityDocuments.humansOf(people);
    const [own, ...theirs] = people.map((personId) => humans.get(personId)?.human ?? personId);
    // Neither who saved nor who inherits decides on it.
    if (theirs.some((human) => human === own)) throw new Forbidden('not-your-own');
    const kinship =
      (await kinshipsOf(account.personId)).find(({ personId, relativeId }) =>
        [personId, relativeId].some(
          (one) => heir && !heir._id.equals(account._id) && one.equals(heir.personId),
        ),
      ) ?? null;
    if (input.relative !== '' && !kinship) throw Invalid.field('relative', 'not-a-relative');
    return { account, heir, kinship };
  }

  async function close(
    account: BankAccountRow,
    heir: Heir,
    { field, reason }: { field: string; reason: string | null },
  ): Promise<void> {
    await assertClosable(account);
    await giveAway(account, heir, field);
    await end(account, reason, heir === 'pool' ? 'pool' : 'relative');
  }

  /** Nothing is saved here any more, and nobody is a relative by this account. */
  async function end(account: BankAccountRow, reason: string | null, to: string): Promise<void> {
    const { personId } = account;
    for (const { _id } of await kinshipsOf(personId))
      await transition(KinshipModel, _id, {
        lifecycle: kinshipLifecycle,
        from: ['declared', 'confirmed'],
        to: 'ended',
        action: 'time-bank/end-kinship',
      });
    // All that moves this person's minutes writes the same row: what comes in meanwhile makes one of the two run again.
    await BankAccountModel.updateOne({ _id: account._id, closedAt: null } as never, {
      $set: { closedAt: contextNow(), expireAt: null },
      $inc: { moves: 1 },
    });
    await recordAudit({
      action: 'time-bank/close',
      subjectType: 'TimeBankAccount',
      subjectId: account._id,
      reason,
      facts: { to },
    });
  }

  return {
    /** Why two records of one human cannot share one account yet, as a code. */
    async whyNotMerge(from: string, into: string): Promise<string | null> {
      const account = await bank.accountOf(from);
      if (!account) return null;
      if (await hasOpen(account.personId)) return 'redemptions-open';
      return (await bank.accountOf(into)) ? null : 'no-bank-account';
    },

    /** In the transaction that makes two records of one human one: what was saved and owed is the other's, the account ends. */
    async merge(from: string, into: string): Promise<void> {
      const account = await bank.accountOf(from);
      if (!account) return;
      // Whoever came back and is taken in again has the same account: each time is a cause of its own.
      const key = `${String(account._id)}-${account.moves}`;
      await keepBook(await tenants.current(), { holders: [from, into] }, (book) => {
        book.merge(key, from, into);
        return null;
      });
      // What came keeps its days, which may be earlier than any here: the sweep looks when it runs next.
      await BankAccountModel.updateOne({ personId: new Types.ObjectId(into), closedAt: null } as never, {
        $set: { expireAt: contextNow() },
      });
      await end(account, null, 'other-record');
    },

    /** The member ends their own account. @throws Invalid beside `to`, Conflict */
    closeOwn: (actor: AccountActor, heir: Heir): Promise<void> =>
      inTransaction(async () => {
        const account = await bank.accountOf(actor.personId);
        if (!account) throw new Conflict('no-bank-account');
        await close(account, heir, { field: 'to', reason: null });
      }),

    /** What the desk would end, and who would inherit, where the actor may propose it. @throws like `closeFor` */
    async toClose(
      actor: AccountActor,
      input: { readonly number: string; readonly relative: string },
    ): Promise<{ account: BankAccountRow; heir: BankAccountRow | null; savedMinutes: number }> {
      const { account, heir, kinship } = await forDesk(actor, input);
      const { savedMinutes } = await assertClosable(account);
      if (kinship && !bankRulesOf(await tenants.current()).gifts)
        throw Invalid.field('relative', 'gifts-off');
      return { account, heir, savedMinutes };
    },

    /**
     * The desk ends the account of somebody who cannot: who died, or moved away. What the second of two persons does. Never one's
     * own, by whatever account; the holder is told. @param relative number of the account of a confirmed relative; empty for the pool
     * @throws Invalid beside the field, Forbidden, Conflict
     */
    closeFor: (
      actor: AccountActor,
      input: { readonly number: string; readonly relative: string; readonly reason: string },
    ): Promise<void> =>
      inTransaction(async () => {
        const { account, kinship } = await forDesk(actor, input);
        await close(account, kinship ? String(kinship._id) : 'pool', {
          field: 'relative',
          reason: input.reason,
        });
        await addMessage({
          kind: 'time-bank/closed',
          subjectId: account._id,
          data: { reason: input.reason },
          dedupeKey: `time-bank-closed:${String(account._id)}:${account.moves}`,
        });
      }),
  };
}
