import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import type { Locale } from '../../core/locale.ts';
import { globalModel } from '../../db/registry.ts';
import type { StoredRow } from '../../db/registry.ts';
import type { ConsentEvidence, Guardian } from '../people/index.ts';

export const ACCOUNT_STATES = ['unconfirmed', 'active', 'disabled'] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];

/** How a person signs in. Its `version` ends every session when raised (S-8, S-19). */
export interface AccountRow extends StoredRow {
  personId: Types.ObjectId;
  /** As typed, for display and mail; null for people who sign in with their mobile number only. */
  email: string | null;
  /** Normalised for look-ups and uniqueness (S-46). */
  emailKey: string | null;
  /** Mobile number that was verified, as `+8613800000000`; signs in like the address. */
  phone: string | null;
  /** Who saw the number ring: the account of a coordinator. */
  phoneVerifiedBy: Types.ObjectId | null;
  phoneVerifiedAt: Date | null;
  /** The organisation that made the account in the person's presence; null for people who registered themselves. */
  madeIn: Types.ObjectId | null;
  /** Names (hashes) of the browsers it signed in with last: accounts that share one may be one human's (S-10). */
  browsers?: string[];
  passwordHash: string | null;
  state: AccountState;
  version: number;
  locale: Locale | null;
  /** Where the account acted last; the next sign-in starts there. */
  lastMembershipId: Types.ObjectId | null;
  /** The list of first steps on the home page: by itself, or as its owner said. */
  stepsShown: 'auto' | 'open' | 'closed';
  /** First steps that only lead somewhere, and were followed. */
  stepsSeen: string[];
  createdAt: Date;
  confirmedAt: Date | null;
}

const accountSchema = new Schema({
  personId: { type: Schema.Types.ObjectId, required: true },
  email: { type: String, default: null },
  emailKey: { type: String, default: null },
  phone: { type: String, default: null },
  phoneVerifiedBy: { type: Schema.Types.ObjectId, default: null },
  phoneVerifiedAt: { type: Date, default: null },
  madeIn: { type: Schema.Types.ObjectId, default: null },
  browsers: { type: [String], default: [] },
  passwordHash: { type: String, default: null },
  state: { type: String, enum: [...ACCOUNT_STATES], required: true },
  version: { type: Number, required: true, default: 1 },
  locale: { type: String, enum: ['zh-CN', 'en', null], default: null },
  lastMembershipId: { type: Schema.Types.ObjectId, default: null },
  stepsShown: { type: String, enum: ['auto', 'open', 'closed'], default: 'auto' },
  stepsSeen: { type: [String], default: [] },
  createdAt: { type: Date, required: true },
  confirmedAt: { type: Date, default: null },
});
accountSchema.index(
  { emailKey: 1 },
  { unique: true, partialFilterExpression: { emailKey: { $type: 'string' } } },
);
accountSchema.index({ phone: 1 }, { unique: true, partialFilterExpression: { phone: { $type: 'string' } } });
accountSchema.index({ personId: 1 }, { unique: true });

export const AccountModel = globalModel<AccountRow>(
  'Account',
  accountSchema,
  'people sign in before any tenant is known',
);

export const TOKEN_PURPOSES = [
  'confirm-email',
  'reset-password',
  'invite-administrator',
  'change-email',
  'undo-email',
  'start',
  'guardian-consent',
  'guardian-withdrawal',
  'join-link',
] as const;
export type TokenPurpose = (typeof TOKEN_PURPOSES)[number];

/**
 * What was typed at the registration that a link to confirm belongs to. Until an address is proved anybody may have typed it
 * in: the link that is pressed says what holds, not whoever came first.
 */
export interface WaitingClaim {
  name: string;
  /** As typed; null for numbers. */
  email: string | null;
  /** Null when a later registration could send no link of its own: then only the password typed with the press counts. */
  passwordHash: string | null;
  locale: Locale | null;
  /** For minors: whose consent made the registration. */
  minor: { birthDate: string; guardian: Guardian; evidence: ConsentEvidence } | null;
}

/** A link that was mailed: one purpose, one address, one use, an hour at most (S-18). Only the hash of its secret is kept. */
export interface AccountTokenRow extends StoredRow {
  accountId: Types.ObjectId | null;
  purpose: TokenPurpose;
  tokenHash: string;
  address: string;
  /** For invitations: where the administrator will act. */
  tenantId: Types.ObjectId | null;
  /**
   * For guardians: the request they are asked about, or the person whose consent they may take back. For new addresses and
   * mailed join links: the join link.
   */
  subjectId: Types.ObjectId | null;
  /** Of links that confirm a registration; gone with their use. */
  claim?: WaitingClaim | null;
  expiresAt: Date;
  usedAt: Date | null;
}

const embedded = { _id: false, strict: 'throw' } as const;
const claimSchema = new Schema(
  {
    name: { type: String, required: true },
    email: { type: String, default: null },
    passwordHash: { type: String, default: null },
    locale: { type: String, enum: ['zh-CN', 'en', null], default: null },
    minor: {
      type: new Schema(
        {
          birthDate: { type: String, required: true },
          guardian: {
            type: new Schema(
              { name: { type: String, required: true }, relation: String, address: String },
              embedded,
            ),
            required: true,
          },
          evidence: {
            type: new Schema({ how: { type: String, required: true }, recordedBy: String }, embedded),
            required: true,
          },
        },
        embedded,
      ),
      default: null,
    },
  },
  embedded,
);

const accountTokenSchema = new Schema({
  accountId: { type: Schema.Types.ObjectId, default: null },
  purpose: { type: String, enum: [...TOKEN_PURPOSES], required: true },
  tokenHash: { type: String, required: true },
  address: { type: String, required: true },
  tenantId: { type: Schema.Types.ObjectId, default: null },
  subjectId: { type: Schema.Types.ObjectId, default: null },
  claim: { type: claimSchema, default: null },
  expiresAt: { type: Date, required: true },
  usedAt: { type: Date, default: null },
});
accountTokenSchema.index({ tokenHash: 1 }, { unique: true });
accountTokenSchema.index({ address: 1, purpose: 1, expiresAt: 1 });
accountTokenSchema.index({ accountId: 1, purpose: 1 });
accountTokenSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 7 * 24 * 3600 });

export const AccountTokenModel = globalModel<AccountTokenRow>(
  'AccountToken',
  accountTokenSchema,
  'a mailed link is followed before any tenant is known',
);

/**
 * Somebody wanted a link mailed to an address: what all write who want the same at the same moment, so that each sees the
 * others' links when it counts them (S-61). Named by the hash of purpose and address; deleted after a day.
 */
export interface AddressTurnRow {
  _id: string;
  asked: number;
  at: Date;
}

const addressTurnSchema = new Schema({
  _id: { type: String, required: true },
  asked: { type: Number, required: true },
  at: { type: Date, required: true },
});
addressTurnSchema.index({ at: 1 }, { expireAfterSeconds: 24 * 3600 });

export const AddressTurnModel = globalModel<AddressTurnRow>(
  'AddressTurn',
  addressTurnSchema,
  'an address is mailed to whatever organisation asks for it, or none',
);

/** A machine's key: belongs to one membership for ever (interfaces.md), found by hash before its tenant is known. */
export interface ApiTokenRow extends StoredRow {
  accountId: Types.ObjectId;
  /** The account's version when the token was made: a new password ends it. */
  accountVersion: number;
  membershipId: Types.ObjectId | null;
  /** Made when the membership had ended already: for reading what is recorded of oneself. */
  former?: boolean;
  tokenHash: string;
  name: string;
  createdAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
}

const apiTokenSchema = new Schema({
  accountId: { type: Schema.Types.ObjectId, required: true },
  accountVersion: { type: Number, required: true },
  membershipId: { type: Schema.Types.ObjectId, default: null },
  former: { type: Boolean },
  tokenHash: { type: String, required: true },
  name: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  revokedAt: { type: Date, default: null },
});
apiTokenSchema.index({ tokenHash: 1 }, { unique: true });
apiTokenSchema.index({ accountId: 1, _id: -1 });

export const ApiTokenModel = globalModel<ApiTokenRow>(
  'ApiToken',
  apiTokenSchema,
  'a bearer token must be found before its tenant is known',
);
