import { createHmac } from 'node:crypto';
import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { hashToken } from '../../core/ids.ts';
import { requireTransaction } from '../../db/transaction.ts';
import { AccountTokenModel, AddressTurnModel } from './account.model.ts';
import type { AccountTokenRow, TokenPurpose, WaitingClaim } from './account.model.ts';

const MINUTE = 60_000;
/** An hour for links of accounts; a week for taking a changed address back and for guardians. */
const LIFETIME_MS: Record<TokenPurpose, number> = {
  'confirm-email': 60 * MINUTE,
  'reset-password': 60 * MINUTE,
  'invite-administrator': 60 * MINUTE,
  'change-email': 60 * MINUTE,
  'undo-email': 7 * 24 * 60 * MINUTE,
  start: 60 * MINUTE,
  // Somebody who reads it later has a fresh one mailed to the same address.
  'join-link': 60 * MINUTE,
  // A guardian is somebody else, who may read mail once a week.
  'guardian-consent': 7 * 24 * 60 * MINUTE,
  // Longer in truth: until the eighteenth birthday, given when the link is made.
  'guardian-withdrawal': 7 * 24 * 60 * MINUTE,
};

export interface NewLink {
  readonly accountId: Types.ObjectId | null;
  readonly purpose: TokenPurpose;
  /** Normalised address that the link is sent to. */
  readonly address: string;
  readonly tenantId: string | null;
  readonly subjectId?: Types.ObjectId;
  readonly claim?: WaitingClaim;
  /** Overrules the lifetime of the purpose. */
  readonly expiresAt?: Date;
}

/** The link behind a message, used or not; for making its mail. */
export const linkById = (id: string): Promise<AccountTokenRow | null> =>
  AccountTokenModel.findById(id).lean().exec();

export type AccountLinks = ReturnType<typeof createAccountLinks>;

/** Links that are mailed: one purpose, one use, a limited time; their secrets are derived and stored nowhere (S-18). */
export function createAccountLinks(key: Buffer) {
  const secretOf = (tokenId: string): string => createHmac('sha256', key).update(tokenId).digest('base64url');

  async function find(secret: string, purpose: TokenPurpose): Promise<AccountTokenRow | null> {
    if (!/^[A-Za-z0-9_-]{43}$/.test(secret)) return null;
    const token = await AccountTokenModel.findOne({
      tokenHash: hashToken(secret),
      purpose,
      usedAt: null,
    }).lean();
    return token && token.expiresAt > contextNow() ? token : null;
  }

  return {
    secretOf,
    find,

    /** The link behind a secret, also when it is used or over (until it is deleted a week later). */
    async past(secret: string, purpose: TokenPurpose): Promise<AccountTokenRow | null> {
      if (!/^[A-Za-z0-9_-]{43}$/.test(secret)) return null;
      return AccountTokenModel.findOne({ tokenHash: hashToken(secret), purpose }).lean();
    },

    /**
     * How many links of this purpose were mailed to the address since; for limits (S-61). Whoever wants the same at the same
     * moment writes the same row first: one of two runs again and sees the other's link. Inside the transaction that mails.
     */
    async mailedSince(address: string, purpose: TokenPurpose, since: Date): Promise<number> {
      requireTransaction('A counted mail');
      await AddressTurnModel.updateOne(
        { _id: hashToken(`${purpose}:${address}`) },
        { $inc: { asked: 1 }, $set: { at: contextNow() } },
        { upsert: true },
      );
      return AccountTokenModel.countDocuments({
        address,
        purpose,
        expiresAt: { $gt: new Date(since.getTime() + LIFETIME_MS[purpose]) },
      });
    },

    /** @returns the id of the link, from which its secret is derived when the mail is made */
    async issue(input: NewLink): Promise<string> {
      const id = new Types.ObjectId();
      await AccountTokenModel.create([
        {
          _id: id,
          accountId: input.accountId,
          purpose: input.purpose,
          tokenHash: hashToken(secretOf(String(id))),
          address: input.address,
          tenantId: input.tenantId ? new Types.ObjectId(input.tenantId) : null,
          subjectId: input.subjectId ?? null,
          claim: input.claim ?? null,
          expiresAt: input.expiresAt ?? new Date(contextNow().getTime() + LIFETIME_MS[input.purpose]),
        },
      ]);
      return String(id);
    },

    /** Consumes the link, once. @throws NotFound when it is unknown, used or over */
    async use(secret: string, purpose: TokenPurpose): Promise<AccountTokenRow> {
      const token = await find(secret, purpose);
      if (!token) throw new NotFound('link-not-valid');
      const used = await AccountTokenModel.updateOne(
        { _id: token._id, usedAt: null },
        { $set: { usedAt: contextNow() } },
      );
      if (used.modifiedCount !== 1) throw new NotFound('link-not-valid');
      return token;
    },
  };
}
