import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { hashToken } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction, isDuplicateKey } from '../../db/transaction.ts';
import { channelTo } from '../../mail/channel.ts';
import type { PeopleService } from '../people/index.ts';
import { AccountModel, AccountTokenModel } from './account.model.ts';
import type { AccountRow, AccountTokenRow } from './account.model.ts';
import { byAddress, emailKey, passwordIssues, phoneKey, shownPhone } from './account.rules.ts';
import { notAnIdentifier } from './account.service.ts';
import type { GuessCounter } from './account.service.ts';
import type { AccountLinks } from './link.service.ts';
import type { Passwords } from './password.service.ts';
import { mayReturn } from './return.ts';

/** Most links of a kind for one address within an hour; further wishes are answered alike and send nothing (S-61). */
const LINKS_PER_HOUR = 3;
const hourAgo = (): Date => new Date(contextNow().getTime() - 3_600_000);

export interface SecurityParts {
  readonly links: AccountLinks;
  readonly passwords: Passwords;
  readonly people: PeopleService;
  readonly guesses: GuessCounter;
  /** Whether codes can be sent to mobile numbers. */
  readonly reachesNumbers: boolean;
}

export type SecurityService = ReturnType<typeof createSecurityService>;

/** How somebody keeps hold of their account: a forgotten or changed password, another address. */
export function createSecurityService({ links, passwords, people, guesses, reachesNumbers }: SecurityParts) {
  const listeners: ((personId: string) => Promise<void>)[] = [];
  /** Inside the caller's transaction. */
  async function endElsewhere(account: AccountRow): Promise<void> {
    for (const listener of listeners) await listener(String(account.personId));
  }

  /** Own words for the rules of passwords: the name and address of the person. */
  async function passwordHashFor(account: AccountRow, password: string): Promise<string> {
    const { name } = await people.row(account.personId);
    const issues = passwordIssues(password, [name, account.email ?? account.phone ?? '']);
    if (issues.length > 0) throw new Invalid(issues);
    return passwords.hash(password);
  }

  /** A new version ends every session and API token (S-8, S-19). */
  async function setPassword(
    account: AccountRow,
    passwordHash: string,
    action: AuditAction,
    more: Partial<Pick<AccountRow, 'phoneVerifiedAt'>> = {},
    returning = false,
  ): Promise<number> {
    const changed = await AccountModel.findOneAndUpdate(
      {
        _id: account._id,
        version: account.version,
        state: returning ? 'disabled' : { $ne: 'disabled' },
      },
      {
        $set: {
          passwordHash,
          state: 'active',
          confirmedAt: account.confirmedAt ?? contextNow(),
          ...more,
        },
        $inc: { version: 1 },
      },
      { returnDocument: 'after' },
    ).lean();
    if (!changed) throw new Conflict('busy');
    await recordAudit({ action, subjectType: 'Account', subjectId: account._id });
    // What somebody who knew the password before has under way would give them the account all the same (S-19).
    await AccountTokenModel.updateMany(
      { accountId: account._id, purpose: { $in: ['change-email', 'start'] }, usedAt: null },
      { $set: { usedAt: contextNow() } },
    );
    // A first password changes none.
    if (account.passwordHash === null) return changed.version;
    await endElsewhere(account);
    await addMessage({
      kind: 'accounts/password-changed',
      subjectId: account._id,
      dedupeKey: `password-changed:${String(account._id)}:${changed.version}`,
      platform: true,
    });
    return changed.version;
  }

  /** Of age, and nobody else's word needed: looked at again where it is acted on. */
  async function takeBack(account: AccountRow): Promise<void> {
    if (!(await mayReturn(account, people))) throw new NotFound('link-not-valid');
    await people.decideAnew(String(account.personId));
    await recordAudit({ action: 'accounts/reopen', subjectType: 'Account', subjectId: account._id });
  }

  /** The account behind the signed-in person, after its password was proved; guesses count like those at the door (S-17). */
  async function proved(actor: AccountActor, password: string): Promise<AccountRow> {
    const account = await AccountModel.findById(actor.accountId).lean();
    if (!account) throw new NotFound();
    // Counted apart from the front door: guesses from outside must not keep the owner from changing the password.
    await guesses.consume('sign-in', hashToken(`proof:${actor.accountId}`));
    if (!(await passwords.verify(account.passwordHash, password)))
      throw Invalid.field('current', 'password-wrong');
    await guesses.forgive('sign-in', hashToken(`proof:${actor.accountId}`));
    return account;
  }

  /** A link opens the account only while it still has the address or number that the link was made for. */
  async function startedBy(
    secret: string,
  ): Promise<{ account: AccountRow; token: AccountTokenRow; returning: boolean }> {
    const token = await links.find(secret, 'start');
    const account = token?.accountId ? await AccountModel.findById(token.accountId).lean() : null;
    if (!token || !account) throw new NotFound('link-not-valid');
    const returning = await mayReturn(account, people);
    if (account.state === 'disabled' && !returning) throw new NotFound('link-not-valid');
    if (token.address !== (account.emailKey ?? account.phone)) throw new NotFound('link-not-valid');
    return { account, token, returning };
  }

  async function sendReset(address: string): Promise<void> {
    const tokenId = await links.issue({
      accountId: null,
      purpose: 'reset-password',
      address,
      tenantId: null,
    });
    await addMessage({
      kind: 'accounts/reset',
      subjectId: tokenId,
      dedupeKey: `reset:${tokenId}`,
      platform: true,
    });
  }

  return {
    /**
     * Hears of every person whose sessions and tokens end with a new password or an address taken back, inside that
     * transaction: what else opens without a password was perhaps opened by who had the old one.
     */
    onSecretsEnded: (listener: (personId: string) => Promise<void>): void => void listeners.push(listener),

    /**
     * Somebody forgot the password of an address or number. Known and unknown ones cost the same two writes and get the same
     * answer (S-16); who the account is, if any, is looked up when the message is made.
     */
    async forgot(identifier: string): Promise<void> {
      const key = emailKey(identifier) ?? (reachesNumbers ? phoneKey(identifier) : null);
      if (!key) throw Invalid.field('email', notAnIdentifier(identifier, reachesNumbers));
      await inTransaction(async () => {
        if ((await links.mailedSince(key, 'reset-password', hourAgo())) >= LINKS_PER_HOUR) return;
        await sendReset(key);
      });
    },

    /** Whether the link gives an account back that a guardian closed. @throws NotFound */
    async resetting(secret: string): Promise<{ returning: boolean }> {
      const token = await links.find(secret, 'reset-password');
      if (!token) throw new NotFound('link-not-valid');
      const account = await AccountModel.findOne(byAddress(token.address)).lean();
      return { returning: account !== null && (await mayReturn(account, people)) };
    },

    /**
     * Sets a new password with the secret of a mailed link; the address is proved by it. Who came of age after a guardian
     * closed the account has it back so, by their own consent.
     * @throws NotFound, Invalid
     */
    async reset(secret: string, { password, agree }: { password: string; agree: boolean }): Promise<void> {
      const token = await links.find(secret, 'reset-password');
      const account = token ? await AccountModel.findOne(byAddress(token.address)).lean() : null;
      if (!account) throw new NotFound('link-not-valid');
      const returning = await mayReturn(account, people);
      if (account.state === 'disabled' && !returning) throw new NotFound('link-not-valid');
      if (returning && !agree) throw Invalid.field('agree', 'consent-needed');
      const passwordHash = await passwordHashFor(account, password);
      await inTransaction(async () => {
        if (returning) await takeBack(account);
        const used = await links.use(secret, 'reset-password');
        // Links that were mailed before are as good as this one; all end with it.
        await AccountTokenModel.updateMany(
          { purpose: 'reset-password', address: used.address, usedAt: null },
          { $set: { usedAt: contextNow() } },
        );
        // The link came to the number: whoever has it in hand has proved it.
        const proved = channelTo(used.address) === 'sms' && !account.phoneVerifiedAt;
        await setPassword(
          account,
          passwordHash,
          'accounts/reset-password',
          proved ? { phoneVerifiedAt: contextNow() } : {},
          returning,
        );
      });
      if (token) await guesses.forgive('sign-in', hashToken(token.address));
    },

    /** Whose start link it is, what they will sign in with, and whether a closed account comes back by it. @throws NotFound */
    async starting(secret: string): Promise<{ name: string; identifier: string; returning: boolean }> {
      const { account, token, returning } = await startedBy(secret);
      const { name } = await people.row(account.personId);
      return { name, identifier: shownPhone(token.address), returning };
    },

    /**
     * The first password of somebody registered face to face; an address that the link was mailed to is proved by it. Who came
     * of age after a guardian closed the account has it back so, by their own consent. @throws NotFound, Invalid
     */
    async start(secret: string, { password, agree }: { password: string; agree: boolean }): Promise<void> {
      const { account, returning } = await startedBy(secret);
      if (returning && !agree) throw Invalid.field('agree', 'consent-needed');
      const passwordHash = await passwordHashFor(account, password);
      await inTransaction(async () => {
        if (returning) await takeBack(account);
        await links.use(secret, 'start');
        await setPassword(account, passwordHash, 'accounts/start', {}, returning);
      });
    },

    /** Proves the password of whoever is signed in already (S-22). @throws Invalid */
    async prove(actor: AccountActor, password: string): Promise<void> {
      await proved(actor, password);
    },

    /** The number signs in no longer. @throws Invalid; Conflict when nothing else would sign in */
    async removePhone(actor: AccountActor, password: string): Promise<void> {
      const account = await proved(actor, password);
      await inTransaction(async () => {
        const changed = await AccountModel.updateOne(
          { _id: account._id, phone: { $ne: null }, emailKey: { $ne: null } },
          { $set: { phone: null, phoneVerifiedBy: null, phoneVerifiedAt: null } },
        );
        if (changed.modifiedCount !== 1) throw new Conflict('last-identifier');
        await recordAudit({
          action: 'accounts/remove-phone',
          subjectType: 'Account',
          subjectId: account._id,
        });
      });
    },

    /** @returns the account's new version: every session with an older one has ended */
    async changePassword(actor: AccountActor, input: { current: string; password: string }): Promise<number> {
      const account = await proved(actor, input.current);
      const passwordHash = await passwordHashFor(account, input.password);
      return inTransaction(() => setPassword(account, passwordHash, 'accounts/change-password'));
    },

    /** Mails a link to the new address; nothing changes until it is followed. */
    async askForEmail(actor: AccountActor, input: { current: string; email: string }): Promise<void> {
      const key = emailKey(input.email);
      if (!key) throw Invalid.field('email', 'not-an-email');
      const account = await proved(actor, input.current);
      if (key === account.emailKey) throw Invalid.field('email', 'email-same');
      await inTransaction(async () => {
        if ((await links.mailedSince(key, 'change-email', hourAgo())) >= LINKS_PER_HOUR) return;
        const tokenId = await links.issue({
          accountId: account._id,
          purpose: 'change-email',
          address: key,
          tenantId: null,
        });
        await recordAudit({
          action: 'accounts/ask-for-email',
          subjectType: 'Account',
          subjectId: account._id,
        });
        await addMessage({
          kind: 'accounts/change-email',
          subjectId: tokenId,
          dedupeKey: `change-email:${tokenId}`,
          platform: true,
        });
      });
    },

    /**
     * The new address is proved and takes over; the old one is told and can take it back for a week.
     * @throws NotFound, Conflict `email-taken` when it belongs to somebody else by now
     */
    async changeEmail(secret: string): Promise<void> {
      try {
        await inTransaction(async () => {
          const token = await links.use(secret, 'change-email');
          const account = await AccountModel.findOneAndUpdate(
            { _id: token.accountId, state: 'active' },
            { $set: { email: token.address, emailKey: token.address } },
            { returnDocument: 'before' },
          ).lean();
          if (!account) throw new NotFound('link-not-valid');
          await recordAudit({
            action: 'accounts/change-email',
            subjectType: 'Account',
            subjectId: account._id,
          });
          // Whoever had only a number has no address that could be told.
          if (account.emailKey === null) return;
          const undoId = await links.issue({
            accountId: account._id,
            purpose: 'undo-email',
            address: account.emailKey,
            tenantId: null,
          });
          await addMessage({
            kind: 'accounts/email-changed',
            subjectId: undoId,
            dedupeKey: `email-changed:${undoId}`,
            platform: true,
          });
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw new Conflict('email-taken');
        throw err;
      }
    },

    /** The old address takes the account back: every session ends, and a link for a new password is mailed to it. */
    async undoEmail(secret: string): Promise<void> {
      try {
        await inTransaction(async () => {
          const token = await links.use(secret, 'undo-email');
          const account = await AccountModel.findOneAndUpdate(
            { _id: token.accountId, state: { $ne: 'disabled' } },
            { $set: { email: token.address, emailKey: token.address }, $inc: { version: 1 } },
            { returnDocument: 'after' },
          ).lean();
          if (!account) throw new NotFound('link-not-valid');
          // Whoever changed it may have more links under way.
          await AccountTokenModel.updateMany(
            { accountId: new Types.ObjectId(String(account._id)), purpose: 'change-email', usedAt: null },
            { $set: { usedAt: contextNow() } },
          );
          await endElsewhere(account);
          await recordAudit({
            action: 'accounts/undo-email',
            subjectType: 'Account',
            subjectId: account._id,
          });
          // However many were asked for: whoever had the account could have used up what the address may be sent.
          await sendReset(token.address);
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw new Conflict('email-taken');
        throw err;
      }
    },
  };
}
