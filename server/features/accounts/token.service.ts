import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { hashToken, isId, randomToken } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/transaction.ts';
import { AccountModel, ApiTokenModel } from './account.model.ts';

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** What a token is to be for. */
export interface TokenWish {
  readonly membershipId: string | null;
  /** Whether that membership has ended already. */
  readonly former?: boolean;
  readonly name: string;
  readonly days: number;
}

/** Bearer tokens for the API, each for one membership of one account. */
export function createTokenService() {
  return {
    /** A bearer token for one membership; shown once, stored as its hash. */
    async createToken(
      signedIn: { readonly accountId: string; readonly accountVersion: number },
      input: TokenWish,
    ): Promise<ApiToken & { token: string }> {
      const token = randomToken(32);
      const createdAt = contextNow();
      const expiresAt = new Date(createdAt.getTime() + input.days * 86_400_000);
      return inTransaction(async () => {
        const [row] = await ApiTokenModel.create([
          {
            accountId: new Types.ObjectId(signedIn.accountId),
            accountVersion: signedIn.accountVersion,
            membershipId: input.membershipId ? new Types.ObjectId(input.membershipId) : null,
            ...(input.former ? { former: true } : {}),
            tokenHash: hashToken(token),
            name: input.name,
            createdAt,
            expiresAt,
          },
        ]);
        if (!row) throw new Error('Token was not created');
        await recordAudit({ action: 'accounts/create-token', subjectType: 'ApiToken', subjectId: row._id });
        return {
          id: String(row._id),
          name: input.name,
          createdAt: createdAt.toISOString(),
          expiresAt: expiresAt.toISOString(),
          token,
        };
      });
    },

    /** The same for somebody who is signed in already. */
    async createTokenFor(actor: AccountActor, input: TokenWish): Promise<ApiToken & { token: string }> {
      const account = await AccountModel.findById(actor.accountId).select({ version: 1 }).lean();
      if (!account) throw new NotFound();
      return this.createToken({ accountId: actor.accountId, accountVersion: account.version }, input);
    },

    async listTokens(actor: AccountActor): Promise<ApiToken[]> {
      const rows = await ApiTokenModel.find({
        accountId: actor.accountId,
        revokedAt: null,
        expiresAt: { $gt: contextNow() },
      })
        .sort({ _id: -1 })
        .limit(100)
        .lean();
      return rows.map((row) => ({
        id: String(row._id),
        name: row.name,
        createdAt: row.createdAt.toISOString(),
        expiresAt: row.expiresAt.toISOString(),
      }));
    },

    /** @throws NotFound for another account's token */
    async revokeToken(actor: AccountActor, id: string): Promise<void> {
      await inTransaction(async () => {
        const result = isId(id)
          ? await ApiTokenModel.updateOne(
              { _id: id, accountId: actor.accountId, revokedAt: null },
              { $set: { revokedAt: contextNow() } },
            )
          : null;
        if (result?.modifiedCount !== 1) throw new NotFound();
        await recordAudit({ action: 'accounts/revoke-token', subjectType: 'ApiToken', subjectId: id });
      });
    },
  };
}
