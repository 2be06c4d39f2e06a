import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { hashToken } from '../../core/ids.ts';
import type { Locale } from '../../core/locale.ts';
import { logger } from '../../core/logger.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction, isDuplicateKey, requireTransaction } from '../../db/transaction.ts';
import type { ConsentEvidence, Guardian, PeopleService } from '../people/index.ts';
import {
  byAddress,
  emailKey,
  identifierOf,
  mailAddress,
  namesOf,
  passwordIssues,
  phoneKey,
  shownPhone,
} from './account.rules.ts';
import { AccountModel } from './account.model.ts';
import type { AccountRow, AccountTokenRow, WaitingClaim } from './account.model.ts';
import { claimOf, createConfirmationService } from './confirmation.service.ts';
import type { Wish } from './confirmation.service.ts';
import { deviceNameOf, newDeviceMark } from './device.rules.ts';
import type { AccountLinks } from './link.service.ts';
import type { Passwords } from './password.service.ts';
import { mayReturn } from './return.ts';
import { noteBrowser, tiedPeople } from './ties.ts';
import { createTokenService } from './token.service.ts';

export interface Registration {
  readonly name: string;
  /** An address, or a mobile number where the installation reaches numbers. */
  readonly email: string;
  readonly password: string;
  readonly locale: Locale;
  /** Where the person wants to join, if they came from a tenant's page. */
  readonly tenantId: string | null;
  /** The link there that led to the form, if any: it fills the application in. */
  readonly joinLinkId?: string | null;
}

/** A minor's registration, with whom to ask. */
export interface MinorRegistration extends Registration {
  readonly birthDate: string;
  readonly guardianName: string;
  readonly guardianEmail: string;
}

/** Where somebody signs in. */
export interface SignInPlace {
  readonly ip: string;
  /** The mark that the browser got when it last signed in. */
  readonly device: string | null;
  /** False for machines, which have no mark. */
  readonly browser: boolean;
}

/** An account in the making, its password hashed already. */
export interface NewAccount {
  readonly name: string;
  readonly email: string | null;
  /** As `phoneKey` gives it. */
  readonly phone: string | null;
  readonly passwordHash: string | null;
  readonly state: AccountRow['state'];
  readonly locale: Locale;
  readonly birthDate: string | null;
  /** The organisation and the coordinator who made it in the person's presence. */
  readonly madeBy: { readonly tenantId: string; readonly accountId: string } | null;
  /** How the consents came; by the person's own press when absent. */
  readonly given: {
    readonly evidence: ConsentEvidence;
    readonly guardian: Guardian | null;
  } | null;
}

export interface SignedIn {
  readonly accountId: string;
  readonly personId: string;
  readonly accountVersion: number;
  readonly lastMembershipId: string | null;
}

/** What counts failed guesses; the http layer's throttle. */
export interface GuessCounter {
  consume(name: 'sign-in' | 'sign-in-network' | 'sign-in-global', key: string): Promise<void>;
  forgive(name: 'sign-in', key: string): Promise<void>;
}

export interface AccountServiceParts {
  readonly passwords: Passwords;
  readonly people: PeopleService;
  readonly guesses: GuessCounter;
  readonly links: AccountLinks;
  /** Whether codes can be sent to mobile numbers. */
  readonly reachesNumbers: boolean;
  /** Key with which browsers are marked that know an account. */
  readonly deviceKey: Buffer;
}

/** What is wrong with a text that neither mail nor a text message would reach. */
export function notAnIdentifier(text: string, reachesNumbers: boolean): string {
  if (!reachesNumbers && phoneKey(text)) return 'number-not-reached';
  return reachesNumbers && !text.includes('@') ? 'not-an-identifier' : 'not-an-email';
}

export type AccountService = ReturnType<typeof createAccountService>;

export function createAccountService({
  passwords,
  people,
  guesses,
  links,
  reachesNumbers,
  deviceKey,
}: AccountServiceParts) {
  const confirmations = createConfirmationService({ passwords, people, links, reachesNumbers });
  const { sendConfirmation } = confirmations;

  /** @throws Invalid for a password that may not be used, or what is no address and no number that is reached */
  async function checked(input: Pick<Registration, 'name' | 'email' | 'password'>): Promise<string> {
    const issues = passwordIssues(input.password, [input.name, input.email]);
    if (!emailKey(input.email) && !(reachesNumbers && phoneKey(input.email)))
      issues.push({ path: 'email', code: notAnIdentifier(input.email, reachesNumbers) });
    if (issues.length > 0) throw new Invalid(issues);
    return passwords.hash(input.password);
  }

  async function createAccount(
    input: Registration & { state: AccountRow['state']; passwordHash: string },
  ): Promise<AccountRow> {
    const { passwordHash } = input;
    return inTransaction(async () => {
      const account = await insert({
        ...input,
        ...namesOf(input.email),
        birthDate: null,
        passwordHash,
        madeBy: null,
        given: null,
      });
      if (input.state === 'unconfirmed') await sendConfirmation(account, input, claimOf(input));
      return account;
    });
  }

  /** Person and account, in one transaction. Known addresses and numbers end in the duplicate key error. */
  async function insert(input: NewAccount): Promise<AccountRow> {
    return inTransaction(async () => {
      const minor = input.given?.guardian ? (['guardian'] as const) : [];
      const personId = await people.create(
        {
          name: input.name,
          birthDate: input.birthDate,
          phone: input.phone ? shownPhone(input.phone) : null,
          consents: ['terms', ...minor],
        },
        input.given ?? undefined,
      );
      const [account] = await AccountModel.create([
        {
          personId: new Types.ObjectId(personId),
          email: input.email?.trim() ?? null,
          emailKey: input.email ? emailKey(input.email) : null,
          phone: input.phone,
          phoneVerifiedBy: input.phone && input.madeBy ? new Types.ObjectId(input.madeBy.accountId) : null,
          // A coordinator saw the phone; who registers alone proves the number by the link that is sent to it.
          phoneVerifiedAt:
            input.phone && (input.madeBy !== null || input.state === 'active') ? contextNow() : null,
          madeIn: input.madeBy ? new Types.ObjectId(input.madeBy.tenantId) : null,
          passwordHash: input.passwordHash,
          state: input.state,
          locale: input.locale,
          createdAt: contextNow(),
          confirmedAt: input.state === 'active' ? contextNow() : null,
        },
      ]);
      if (!account) throw new Error('Account was not created');
      await recordAudit({ action: 'accounts/register', subjectType: 'Account', subjectId: account._id });
      return account.toObject<AccountRow>();
    });
  }

  /**
   * Its owner learns that somebody tried to register with a known address or number; at most once an hour. One that nobody
   * has proved yet is anybody's: a link of this registration is sent, and the one that is pressed decides.
   */
  async function tellKnown(identifier: string, wish: Wish, claim: WaitingClaim): Promise<AccountRow | null> {
    const by = identifierOf(identifier);
    const existing = by && (await AccountModel.findOne(by).lean());
    if (!existing) return null;
    await inTransaction(async () => {
      const hour = Math.floor(contextNow().getTime() / 3_600_000);
      if (existing.state === 'unconfirmed') await sendConfirmation(existing, wish, claim);
      else
        await addMessage({
          kind: 'accounts/known',
          subjectId: existing._id,
          dedupeKey: `known:${String(existing._id)}:${hour}`,
          platform: true,
        });
    });
    return existing;
  }

  return {
    ...createTokenService(),
    insert,
    checked,
    tellKnown,
    sendConfirmation,
    confirm: confirmations.confirm,
    confirming: confirmations.confirming,

    /** Closes a person's account: every session and token ends. Inside the caller's transaction. */
    async close(personId: string): Promise<void> {
      requireTransaction('Closing an account');
      await AccountModel.updateOne(
        { personId: new Types.ObjectId(personId) },
        { $set: { state: 'disabled' }, $inc: { version: 1 } },
      );
      await recordAudit({ action: 'accounts/close', subjectType: 'Person', subjectId: personId });
    },

    /** The account of a minor whose guardian agreed, open again if the guardian had closed it; null for people without one. */
    async reopen(personId: string): Promise<AccountRow | null> {
      requireTransaction('Opening an account again');
      const account = await AccountModel.findOne({ personId: new Types.ObjectId(personId) }).lean();
      if (account?.state !== 'disabled') return account;
      await AccountModel.updateOne({ _id: account._id }, { $set: { state: 'active' } });
      await recordAudit({ action: 'accounts/reopen', subjectType: 'Account', subjectId: account._id });
      return account;
    },

    /** Registers somebody; the answer never tells whether the address was known (S-16): its owner learns it by mail. */
    async register(input: Registration): Promise<void> {
      const passwordHash = await checked(input);
      try {
        await createAccount({ ...input, passwordHash, state: 'unconfirmed' });
      } catch (err) {
        if (!isDuplicateKey(err)) throw err;
        if (!(await tellKnown(input.email, input, claimOf({ ...input, passwordHash })))) throw err;
      }
    },

    /** An account made by an operator or the demo: confirmed from the start. */
    async createConfirmed(
      input: Omit<Registration, 'tenantId'>,
    ): Promise<{ accountId: string; personId: string }> {
      try {
        const passwordHash = await checked(input);
        const account = await createAccount({ ...input, passwordHash, tenantId: null, state: 'active' });
        return { accountId: String(account._id), personId: String(account.personId) };
      } catch (err) {
        if (isDuplicateKey(err)) throw Invalid.field('email', 'email-taken');
        throw err;
      }
    },

    /** Whom the link of a first administrator is for, and where; null where it could not be used now. Changes nothing. */
    async invitationOf(secret: string): Promise<{ address: string; tenantId: string } | null> {
      const token = await links.find(secret, 'invite-administrator');
      return token && { address: token.address, tenantId: String(token.tenantId) };
    },

    /** A one-time link with which the first administrator of a tenant makes their account. */
    async inviteAdministrator(tenantId: string, address: string): Promise<string> {
      return inTransaction(async () =>
        links.secretOf(
          await links.issue({ accountId: null, purpose: 'invite-administrator', address, tenantId }),
        ),
      );
    },

    /** @returns the new account and the tenant it administers */
    async acceptInvitation(
      secret: string,
      input: Omit<Registration, 'tenantId' | 'email'>,
    ): Promise<{ accountId: string; personId: string; tenantId: string }> {
      const seen = await links.find(secret, 'invite-administrator');
      if (!seen) throw new NotFound('link-not-valid');
      try {
        return await inTransaction(async () => {
          const token = await links.use(secret, 'invite-administrator');
          const passwordHash = await checked({ ...input, email: token.address });
          const account = await createAccount({
            ...input,
            passwordHash,
            email: token.address,
            tenantId: null,
            state: 'active',
          });
          return {
            accountId: String(account._id),
            personId: String(account.personId),
            tenantId: String(token.tenantId),
          };
        });
      } catch (err) {
        if (isDuplicateKey(err)) throw new Conflict('email-taken');
        throw err;
      }
    },

    /**
     * Checks e-mail or mobile number and password. Guesses are counted before the password is looked at, in the database: by account,
     * network and in all; those of a browser that knows the account by itself (S-17).
     * @throws Invalid `sign-in-failed` for every wrong combination alike; Forbidden `email-not-confirmed` after a right password
     */
    async authenticate(
      email: string,
      password: string,
      from: SignInPlace,
    ): Promise<SignedIn & { device: string }> {
      const identifier = identifierOf(email);
      const key = identifier ? Object.values(identifier).join('') : email.toLowerCase().slice(0, 200);
      const device = deviceNameOf(deviceKey, key, from.device);
      const counted = device ?? hashToken(key);
      if (device === null) {
        await guesses.consume('sign-in-global', 'all');
        await guesses.consume('sign-in-network', from.ip);
      }
      await guesses.consume('sign-in', counted);
      const account = await AccountModel.findOne(identifier ?? { emailKey: key }).lean();
      const right = await passwords.verify(account?.passwordHash ?? null, password);
      if (!right || !account || account.state === 'disabled') {
        logger.info(
          { event: 'sign-in-failed', accountId: account ? String(account._id) : null },
          'sign-in refused',
        );
        throw new Invalid([{ path: 'email', code: 'sign-in-failed' }], 'sign-in-failed');
      }
      await guesses.forgive('sign-in', counted);
      if (account.state === 'unconfirmed') {
        await inTransaction(async () => {
          const { name } = await people.row(account.personId);
          await sendConfirmation(account, { tenantId: null }, claimOf({ ...account, name }));
        });
        throw new Forbidden('email-not-confirmed');
      }
      if (account.passwordHash && passwords.isOutdated(account.passwordHash)) {
        await AccountModel.updateOne(
          { _id: account._id },
          { $set: { passwordHash: await passwords.hash(password) } },
        );
      }
      const mark =
        from.device !== null && device !== null ? from.device : newDeviceMark(deviceKey, key, from.device);
      await inTransaction(async () => {
        await recordAudit({ action: 'accounts/sign-in', subjectType: 'Account', subjectId: account._id });
        if (from.browser) await noteBrowser(account, mark);
      });
      return {
        accountId: String(account._id),
        personId: String(account.personId),
        accountVersion: account.version,
        lastMembershipId: account.lastMembershipId ? String(account.lastMembershipId) : null,
        device: mark,
      };
    },

    /** For the operator: whose account has this address; null for none. */
    async personByAddress(address: string): Promise<string | null> {
      const row = await AccountModel.findOne({ emailKey: emailKey(address) ?? '' })
        .select({ personId: 1 })
        .lean();
      return row ? String(row.personId) : null;
    },

    async rememberMembership(accountId: string, membershipId: string): Promise<void> {
      await AccountModel.updateOne(
        { _id: accountId },
        { $set: { lastMembershipId: new Types.ObjectId(membershipId) } },
      );
    },

    async setLocale(accountId: string, locale: Locale): Promise<void> {
      await AccountModel.updateOne({ _id: accountId }, { $set: { locale } });
    },

    /** Takes the first steps off the account's home page, or puts them there. */
    async setStepsShown(accountId: string, shown: AccountRow['stepsShown']): Promise<void> {
      await AccountModel.updateOne({ _id: accountId }, { $set: { stepsShown: shown } });
    },

    async addStepSeen(accountId: string, step: string): Promise<void> {
      await AccountModel.updateOne({ _id: accountId }, { $addToSet: { stepsSeen: step } });
    },

    /** Name, address and language of whoever is to get mail; null for people without a confirmed account. */
    async recipientOf(
      whom: { accountId: string } | { personId: string },
    ): Promise<{ name: string; address: string; locale: Locale | null } | null> {
      const account = await (
        'accountId' in whom
          ? AccountModel.findById(whom.accountId)
          : AccountModel.findOne({ personId: new Types.ObjectId(whom.personId) })
      )
        .select({ email: 1, locale: 1, personId: 1, state: 1 })
        .lean();
      if (!account || account.state !== 'active' || account.email === null) return null;
      const { name } = await people.row(account.personId);
      return { name, address: mailAddress(account.email), locale: account.locale };
    },

    /** The people whose accounts these are. */
    async personsOf(accountIds: readonly string[]): Promise<string[]> {
      const rows = await AccountModel.find({ _id: { $in: accountIds.map((id) => new Types.ObjectId(id)) } })
        .select({ personId: 1 })
        .lean();
      return rows.map(({ personId }) => String(personId));
    },

    /** Which of these people may be this one under another name, by what their accounts share; a sign, no proof. */
    tiedTo: (personId: string, others: readonly string[]): Promise<string[]> =>
      tiedPeople(personId, others, people),

    /**
     * Whose link it is: the account it names, else the one with its address; null when there is none (any more). A link for
     * a new password is also that of somebody who may have a closed account back.
     */
    async byLink(
      token: Pick<AccountTokenRow, 'accountId' | 'address' | 'purpose'>,
    ): Promise<Pick<AccountRow, 'email' | 'phone' | 'locale' | 'personId'> | null> {
      const account = await AccountModel.findOne(
        token.accountId ? { _id: token.accountId } : byAddress(token.address),
      )
        .select({ email: 1, phone: 1, locale: 1, personId: 1, state: 1 })
        .lean();
      if (account?.state !== 'disabled') return account;
      return token.purpose === 'reset-password' && (await mayReturn(account, people)) ? account : null;
    },

    /** Whether its owner may have a closed account back. */
    mayReturn: (account: Pick<AccountRow, 'state'> & { personId: string }): Promise<boolean> =>
      mayReturn({ ...account, personId: new Types.ObjectId(account.personId) }, people),

    async addressOf(accountId: string): Promise<{
      email: string | null;
      phone: string | null;
      phoneVerifiedAt: Date | null;
      locale: Locale | null;
      personId: string;
      state: AccountRow['state'];
      version: number;
    } | null> {
      const account = await AccountModel.findById(accountId)
        .select({ email: 1, phone: 1, phoneVerifiedAt: 1, locale: 1, personId: 1, state: 1, version: 1 })
        .lean();
      return account
        ? {
            email: account.email,
            phone: account.phone ?? null,
            phoneVerifiedAt: account.phoneVerifiedAt ?? null,
            locale: account.locale,
            personId: String(account.personId),
            version: account.version,
            state: account.state,
          }
        : null;
    },
  };
}
