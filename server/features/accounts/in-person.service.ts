import { Types } from 'mongoose';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { isMinor } from '../people/index.ts';
import type { Guardian, PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { AccountModel, AccountTokenModel } from './account.model.ts';
import type { AccountRow } from './account.model.ts';
import { emailKey, phoneKey, shownPhone } from './account.rules.ts';
import type { AccountService } from './account.service.ts';
import type { InPersonBody } from './in-person.schema.ts';
import type { AccountLinks } from './link.service.ts';
import { mayReturn } from './return.ts';

export interface StartSheet {
  readonly membershipId: string;
  readonly name: string;
  readonly phone: string;
  /** Whether a sheet may be made at all. */
  readonly allowed: boolean;
  /** The secret of the link; null when none is open. */
  readonly secret: string | null;
  readonly expiresAt: Date | null;
  /** Whether the person has chosen a password already. */
  readonly started: boolean;
}

export interface InPersonParts {
  readonly accounts: AccountService;
  readonly memberships: MembershipService;
  readonly people: PeopleService;
  readonly tenants: TenantService;
  readonly links: AccountLinks;
}

export type InPersonService = ReturnType<typeof createInPersonService>;

/** What a coordinator does for somebody who stands before them: an account, a number that was seen to ring, a start link. */
export function createInPersonService({ accounts, memberships, people, tenants, links }: InPersonParts) {
  /**
   * A membership whose account the actor may look after: an open one, or one that a guardian closed and whose owner is of age by
   * now, who may have nothing but a number to come back with. @throws NotFound, Forbidden, Conflict
   */
  async function behind(
    actor: AccountActor,
    membershipId: string,
  ): Promise<{ membership: MembershipRow; account: AccountRow }> {
    const membership = await memberships.access(actor, membershipId);
    if (String(membership.personId) === actor.personId) throw new Forbidden('not-your-own');
    if (!can(actor, 'memberships:create', String(membership.unitId))) throw new Forbidden('not-permitted');
    const account = membership.accountId ? await AccountModel.findById(membership.accountId).lean() : null;
    if (!account || (account.state === 'disabled' && !(await mayReturn(account, people))))
      throw new Conflict('no-account');
    return { membership, account };
  }

  /**
   * A sheet hands an account to whoever scans it. It is made only for accounts that were made here, that have no other
   * way in, and that open nothing beyond this organisation (S-24).
   */
  async function sheetAllowed(account: AccountRow, tenantId: string): Promise<boolean> {
    const own = String(account.madeIn) === tenantId && account.phone !== null;
    const mailed = account.emailKey !== null && account.state !== 'unconfirmed';
    return own && !mailed && !(await memberships.isTrusted(String(account._id), tenantId));
  }

  const openSheet = (accountId: Types.ObjectId) =>
    AccountTokenModel.findOne({ accountId, purpose: 'start', usedAt: null, expiresAt: { $gt: contextNow() } })
      .sort({ _id: -1 })
      .lean();

  async function issue(
    account: Pick<AccountRow, '_id' | 'phone' | 'emailKey'>,
    tenantId: string,
  ): Promise<string> {
    return links.issue({
      accountId: account._id,
      purpose: 'start',
      address: account.emailKey ?? account.phone ?? '',
      tenantId,
    });
  }

  async function issuesOf(input: InPersonBody, minor: boolean): Promise<FieldIssue[]> {
    const issues: FieldIssue[] = [];
    if (input.name === '') issues.push({ path: 'name', code: 'required' });
    if (!input.consent) issues.push({ path: 'consent', code: 'consent-needed' });
    if (input.phone === '' && input.email === '') issues.push({ path: 'phone', code: 'phone-or-email' });
    if (input.phone !== '' && !phoneKey(input.phone)) issues.push({ path: 'phone', code: 'not-a-phone' });
    else if (input.phone !== '' && !input.phoneSeen)
      issues.push({ path: 'phoneSeen', code: 'phone-not-seen' });
    if (input.email !== '' && !emailKey(input.email)) issues.push({ path: 'email', code: 'not-an-email' });
    if (input.birthDate !== '') {
      const today = localDate(contextNow(), (await tenants.current()).zone);
      if (input.birthDate > today) issues.push({ path: 'birthDate', code: 'in-the-future' });
      else if (!minor && isMinor(input.birthDate, today))
        issues.push({ path: 'birthDate', code: 'guardian-needed' });
      else if (minor && !isMinor(input.birthDate, today)) issues.push({ path: 'birthDate', code: 'of-age' });
    } else if (minor) issues.push({ path: 'birthDate', code: 'required' });
    return issues;
  }

  return {
    /** What is wrong with what was taken down; `minor` where a guardian's paper is at hand. */
    issuesOf,

    /**
     * Person, account and membership for somebody who agreed in the coordinator's presence; the membership waits
     * for its review like any other. With an address the start link is mailed, else the sheet carries it.
     * @throws Invalid; Conflict `account-known` when the number or address has an account
     */
    async register(
      actor: AccountActor,
      input: InPersonBody,
      locale: Locale,
      guardian: Guardian | null = null,
    ): Promise<{ membershipId: string; personId: string; start: 'mail' | 'sheet' }> {
      const unitId = input.unitId ?? actor.membership?.unitId ?? '';
      if (!can(actor, 'memberships:create', unitId)) throw Invalid.field('unitId', 'not-a-choice');
      const issues = await issuesOf(input, guardian !== null);
      if (issues.length > 0) throw new Invalid(issues);
      const tenantId = actor.membership?.tenantId ?? '';
      const byMail = input.email !== '';
      try {
        return await inTransaction(async () => {
          const account = await accounts.insert({
            name: input.name,
            email: byMail ? input.email : null,
            phone: input.phone ? phoneKey(input.phone) : null,
            passwordHash: null,
            state: byMail ? 'unconfirmed' : 'active',
            locale,
            birthDate: input.birthDate || null,
            madeBy: { tenantId, accountId: actor.accountId },
            given: {
              evidence: { how: input.consentHow, recordedBy: actor.accountId },
              guardian,
            },
          });
          const whose = { accountId: String(account._id), personId: String(account.personId) };
          const membership = await memberships.apply(whose, { kind: input.kind, unitId, motivation: '' });
          await recordAudit({
            action: 'accounts/register-in-person',
            subjectType: 'Membership',
            subjectId: membership.id,
            facts: { consent: input.consentHow },
          });
          const tokenId = await issue(account, tenantId);
          if (byMail)
            await addMessage({
              kind: 'accounts/start',
              subjectId: tokenId,
              dedupeKey: `start:${tokenId}`,
              platform: true,
            });
          return {
            membershipId: membership.id,
            personId: whose.personId,
            start: byMail ? ('mail' as const) : ('sheet' as const),
          };
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw new Conflict('account-known');
        throw err;
      }
    },

    /** The open sheet of a membership's account, if there is one; reading makes none. */
    async sheet(actor: AccountActor, membershipId: string): Promise<StartSheet> {
      const { membership, account } = await behind(actor, membershipId);
      const allowed = await sheetAllowed(account, String(membership.tenantId));
      const token = allowed ? await openSheet(account._id) : null;
      return {
        membershipId,
        name: membership.personName,
        phone: shownPhone(account.phone ?? ''),
        allowed,
        secret: token ? links.secretOf(String(token._id)) : null,
        expiresAt: token?.expiresAt ?? null,
        started: account.passwordHash !== null,
      };
    },

    /** A new sheet; the ones before it are worth nothing from now on. An address that was never confirmed is dropped. */
    async renewSheet(actor: AccountActor, membershipId: string): Promise<void> {
      await inTransaction(async () => {
        const { membership, account } = await behind(actor, membershipId);
        if (!(await sheetAllowed(account, String(membership.tenantId))))
          throw new Conflict('start-sheet-refused');
        await AccountTokenModel.updateMany(
          { accountId: account._id, usedAt: null },
          { $set: { usedAt: contextNow() } },
        );
        // A closed account stays so until its owner agrees.
        if (account.state !== 'disabled')
          await AccountModel.updateOne(
            { _id: account._id },
            { $set: { email: null, emailKey: null, state: 'active' } },
          );
        await issue({ ...account, emailKey: null }, String(membership.tenantId));
        await recordAudit({
          action: 'accounts/renew-start-sheet',
          subjectType: 'Membership',
          subjectId: membership._id,
        });
      });
    },

    /** The number that signs in, and whether a sheet may be made. */
    async phoneOf(
      actor: AccountActor,
      membershipId: string,
    ): Promise<{ name: string; phone: string | null; sheet: boolean }> {
      const { membership, account } = await behind(actor, membershipId);
      return {
        name: membership.personName,
        phone: account.phone ? shownPhone(account.phone) : null,
        sheet: await sheetAllowed(account, String(membership.tenantId)),
      };
    },

    /**
     * A coordinator saw the number ring in the person's hand: from now on it signs in like the address. The owner is told
     * at the address (S-23). @throws Invalid, Conflict `phone-taken`
     */
    async setPhone(
      actor: AccountActor,
      membershipId: string,
      input: { phone: string },
    ): Promise<{ phone: string; verifiedAt: Date }> {
      const phone = phoneKey(input.phone);
      if (!phone) throw Invalid.field('phone', 'not-a-phone');
      try {
        return await inTransaction(async () => {
          const { membership, account } = await behind(actor, membershipId);
          // A number that signs in is replaced only where its account was made; others take it away themselves first.
          const here = String(membership.tenantId);
          if (
            account.phone !== null &&
            account.phone !== phone &&
            (String(account.madeIn) !== here || (await memberships.isTrusted(String(account._id), here)))
          )
            throw new Conflict('phone-set-already');
          const verifiedAt = contextNow();
          await AccountModel.updateOne(
            { _id: account._id },
            {
              $set: {
                phone,
                phoneVerifiedBy: new Types.ObjectId(actor.accountId),
                phoneVerifiedAt: verifiedAt,
              },
            },
          );
          // Links that went to the number until now open nothing any more.
          if (account.phone !== null && account.phone !== phone)
            await AccountTokenModel.updateMany(
              { accountId: account._id, purpose: 'start', address: account.phone, usedAt: null },
              { $set: { usedAt: verifiedAt } },
            );
          await people.setPhone(String(account.personId), shownPhone(phone));
          await recordAudit({
            action: 'accounts/set-phone',
            subjectType: 'Membership',
            subjectId: membership._id,
          });
          await addMessage({
            kind: 'accounts/phone-set',
            subjectId: account._id,
            data: { number: shownPhone(phone) },
            dedupeKey: `phone-set:${String(account._id)}:${phone}:${verifiedAt.toISOString()}`,
            platform: true,
          });
          return { phone: shownPhone(phone), verifiedAt };
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw new Conflict('phone-taken');
        throw err;
      }
    },
  };
}
