import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { Invalid, NotFound } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction } from '../../db/transaction.ts';
import { channelTo } from '../../mail/channel.ts';
import type { PeopleService } from '../people/index.ts';
import { AccountModel, AccountTokenModel } from './account.model.ts';
import type { AccountRow, AccountTokenRow, WaitingClaim } from './account.model.ts';
import { byAddress, emailKey, passwordIssues, shownPhone } from './account.rules.ts';
import type { AccountLinks } from './link.service.ts';
import type { Passwords } from './password.service.ts';

/** Where somebody who registers wants to join once the address is proved. */
export interface Wish {
  readonly tenantId: string | null;
  readonly joinLinkId?: string | null;
}

/** What whoever presses a link decides; machines may leave it out. */
export interface Confirmation {
  readonly name?: string | undefined;
  readonly password?: string | undefined;
}

export interface Confirmed {
  readonly accountId: string;
  readonly personId: string;
  /** The tenant the person wanted to join, and the link there that they came by. */
  readonly tenantId: string | null;
  readonly joinLinkId: string | null;
}

interface ConfirmationParts {
  readonly passwords: Passwords;
  readonly people: PeopleService;
  readonly links: AccountLinks;
  /** Whether codes can be sent to mobile numbers. */
  readonly reachesNumbers: boolean;
}

/** Most messages with a confirmation to one address or number within an hour (S-61). */
const CONFIRMATIONS_PER_HOUR = 3;

/** What a registration says of whoever it is; numbers keep no spelling. */
export const claimOf = (input: {
  readonly name: string;
  readonly email: string | null;
  readonly passwordHash: string | null;
  readonly locale: Locale | null;
  readonly minor?: WaitingClaim['minor'];
}): WaitingClaim => ({
  name: input.name,
  email: input.email !== null && emailKey(input.email) ? input.email.trim() : null,
  passwordHash: input.passwordHash,
  locale: input.locale,
  minor: input.minor ?? null,
});

/** Links to an address that are neither used nor over. */
const liveLinks = (address: string) => ({
  address,
  purpose: 'confirm-email' as const,
  usedAt: null,
  expiresAt: { $gt: contextNow() },
});

/**
 * How an address or number is proved. Anybody can type in anybody's address: until it is proved nothing that was typed with
 * it counts, and whoever has the link in hand decides on name and password, whoever registered first.
 */
export function createConfirmationService({ passwords, people, links, reachesNumbers }: ConfirmationParts) {
  /** The link and the account that it would make usable; null when it is used or over. */
  async function waiting(secret: string): Promise<{ token: AccountTokenRow; account: AccountRow } | null> {
    const token = await links.find(secret, 'confirm-email');
    const account =
      token &&
      (await AccountModel.findOne({
        _id: token.accountId,
        ...byAddress(token.address),
        state: 'unconfirmed',
      }).lean());
    return token && account ? { token, account } : null;
  }

  /**
   * The password that holds from now on: the one typed with the press. Left out, the one of the link's own registration,
   * if nobody else registered with the address meanwhile: whose link it is could not be told apart.
   * @throws Invalid
   */
  async function passwordHashFor(
    token: AccountTokenRow,
    name: string,
    typed: string | undefined,
  ): Promise<string> {
    if (typed !== undefined) {
      const issues = passwordIssues(typed, [name, token.address]);
      if (issues.length > 0) throw new Invalid(issues);
      return passwords.hash(typed);
    }
    const own = token.claim?.passwordHash ?? null;
    const others = await AccountTokenModel.exists({
      ...liveLinks(token.address),
      'claim.passwordHash': { $ne: own },
    });
    if (own === null || others) throw Invalid.field('password', 'password-to-confirm');
    return own;
  }

  /** Every link to the address is used up, with what was typed beside it; so is what other guardians were given. */
  async function endOthers(token: AccountTokenRow): Promise<void> {
    await AccountTokenModel.updateMany(
      { address: token.address, purpose: 'confirm-email', accountId: token.accountId },
      { $set: { claim: null } },
    );
    await AccountTokenModel.updateMany(liveLinks(token.address), { $set: { usedAt: contextNow() } });
    await AccountTokenModel.updateMany(
      {
        accountId: token.accountId,
        purpose: 'guardian-withdrawal',
        address: { $ne: token.claim?.minor?.guardian.address ?? null },
        usedAt: null,
      },
      { $set: { usedAt: contextNow() } },
    );
  }

  return {
    /**
     * Sends the link that proves an address, or a number where they are reached.
     * @param claim what was typed with it
     */
    async sendConfirmation(
      account: Pick<AccountRow, '_id' | 'emailKey' | 'phone'>,
      { tenantId, joinLinkId }: Wish,
      claim: WaitingClaim,
    ): Promise<void> {
      const address = account.emailKey ?? (reachesNumbers ? account.phone : null);
      if (address === null) return;
      // Whose address or number it is nobody knows yet, and text messages cost somebody money.
      const hourAgo = new Date(contextNow().getTime() - 3_600_000);
      if ((await links.mailedSince(address, 'confirm-email', hourAgo)) >= CONFIRMATIONS_PER_HOUR) {
        // No link of its own: those that were sent are as much this registration's as theirs.
        await AccountTokenModel.updateMany(
          { ...liveLinks(address), claim: { $ne: null }, 'claim.passwordHash': { $ne: claim.passwordHash } },
          { $set: { 'claim.passwordHash': null } },
        );
        return;
      }
      const tokenId = await links.issue({
        accountId: account._id,
        purpose: 'confirm-email',
        address,
        tenantId,
        claim,
        ...(joinLinkId ? { subjectId: new Types.ObjectId(joinLinkId) } : {}),
      });
      await addMessage({
        kind: 'accounts/confirm',
        subjectId: account._id,
        data: { tokenId },
        dedupeKey: `confirm:${tokenId}`,
        platform: true,
      });
    },

    /** What the form of a link starts with; null when it is used or over. `renames` is false for people made by a coordinator. */
    async confirming(secret: string): Promise<{ name: string; identifier: string; renames: boolean } | null> {
      const found = await waiting(secret);
      if (!found) return null;
      const { token, account } = found;
      const claimed = account.madeIn === null ? token.claim?.name : undefined;
      return {
        name: claimed ?? (await people.row(account.personId)).name,
        identifier: token.claim?.email ?? account.email ?? shownPhone(token.address),
        renames: account.madeIn === null,
      };
    },

    /**
     * Proves the address, once: name, password, language and guardian are what the press and its link say.
     * @throws NotFound; Invalid beside the password
     */
    async confirm(secret: string, input: Confirmation): Promise<Confirmed> {
      const found = await waiting(secret);
      if (!found) throw new NotFound('link-not-valid');
      const { account, token } = found;
      const own = account.madeIn === null;
      const { name: before } = await people.row(account.personId);
      const name = (own ? (input.name ?? token.claim?.name) : null) ?? before;
      const passwordHash = await passwordHashFor(token, name, input.password);
      await inTransaction(async () => {
        await links.use(secret, 'confirm-email');
        const changed = await AccountModel.updateOne(
          { _id: account._id, ...byAddress(token.address), state: 'unconfirmed' },
          {
            $set: {
              passwordHash,
              state: 'active',
              confirmedAt: contextNow(),
              ...(own && token.claim ? { locale: token.claim.locale } : {}),
              ...(own && token.claim?.email ? { email: token.claim.email } : {}),
              ...(channelTo(token.address) === 'sms' ? { phoneVerifiedAt: contextNow() } : {}),
            },
          },
        );
        if (changed.modifiedCount !== 1) throw new NotFound('link-not-valid');
        if (own) await people.restate(String(account.personId), { name, minor: token.claim?.minor ?? null });
        await endOthers(token);
        await recordAudit({ action: 'accounts/confirm', subjectType: 'Account', subjectId: account._id });
      });
      return {
        accountId: String(account._id),
        personId: String(account.personId),
        tenantId: token.tenantId ? String(token.tenantId) : null,
        joinLinkId: token.subjectId ? String(token.subjectId) : null,
      };
    },
  };
}
