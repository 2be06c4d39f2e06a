import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { LEDGER_CAUSES } from './ledger.rules.ts';
import type { LedgerCause } from './ledger.rules.ts';

/**
 * One line of a posting. Append-only: corrections are linked reversals. The lines of a posting sum to zero; a person's
 * account stands against the shift's (or logged activity's) account, so that no account of the tenant gets hot.
 */
export interface LedgerEntryRow extends TenantRow {
  /** `person:ID`, `shift:ID` or `activity:ID`; `credit:ID` or `claim:ID` for credit hours; `bank…:ID` for the time bank; `CLOSED_MONTHS`. */
  account: string;
  /** 1, 2, 3 … within the account. */
  seq: number;
  /** Lines of one posting share it. */
  postingId: string;
  /** Whole minutes; positive on the person's account when service is credited. */
  minutes: number;
  /**
   * Whole minutes of the account after this entry: the newest entry's is the account's balance, and no other row has to be changed
   * for a posting. Not hashed, for it follows from what is; `verify` adds it up again.
   */
  balance: number;
  /** Deterministic cause, unique per account: each cause posts at most once (F-14). */
  sourceKey: string;
  cause: LedgerCause;
  /** What the posting is about: a record of hours, or a claim of credit hours. */
  hoursId: Types.ObjectId | null;
  creditId?: Types.ObjectId | null;
  /** What moves minutes of the time bank: a record of hours, a gift, a redemption, an account whose minutes expire. */
  bankId?: Types.ObjectId | null;
  /** Local date of the service, `YYYY-MM-DD`. */
  serviceDate: string;
  /** Month `YYYY-MM` whose statement counts it: that of the service, or the first open one when that was closed. Null: as served (entries of before there were periods). */
  period: string | null;
  serviceFrom: Date;
  serviceTo: Date;
  postedAt: Date;
  actor: string;
  accountId: Types.ObjectId | null;
  ruleVersion: string;
  reversalOf: string | null;
  reason: string | null;
  /** SHA-256 over the previous hash and this entry's canonical facts: the account's chain. */
  previousHash: string;
  hash: string;
}

const entrySchema = new Schema({
  ...tenantFields,
  account: { type: String, required: true },
  seq: { type: Number, required: true },
  postingId: { type: String, required: true },
  minutes: { type: Number, required: true },
  balance: { type: Number, required: true },
  sourceKey: { type: String, required: true },
  cause: { type: String, enum: [...LEDGER_CAUSES], required: true },
  hoursId: { type: Schema.Types.ObjectId, default: null },
  creditId: { type: Schema.Types.ObjectId, default: null },
  bankId: { type: Schema.Types.ObjectId },
  serviceDate: { type: String, required: true },
  period: { type: String, default: null },
  serviceFrom: { type: Date, required: true },
  serviceTo: { type: Date, required: true },
  postedAt: { type: Date, required: true },
  actor: { type: String, required: true },
  accountId: { type: Schema.Types.ObjectId, default: null },
  ruleVersion: { type: String, required: true },
  reversalOf: { type: String, default: null },
  reason: { type: String, default: null },
  previousHash: { type: String, default: '' },
  hash: { type: String, required: true },
});
entrySchema.index({ tenantId: 1, account: 1, seq: 1 }, { unique: true });
entrySchema.index({ tenantId: 1, sourceKey: 1, account: 1 }, { unique: true });
entrySchema.index({ tenantId: 1, account: 1, serviceDate: 1 });
entrySchema.index({ tenantId: 1, postingId: 1 });
entrySchema.index({ tenantId: 1, period: 1, account: 1, seq: 1 });

export const LedgerEntryModel = tenantModel<LedgerEntryRow>('LedgerEntry', entrySchema);

/**
 * The account whose entries say through which month (`period`) the ledger is closed, one for each closing, written in its transaction.
 * They move no minutes and have no other line. A posting reads the newest entries of its accounts anyway, and so reads this one in
 * the same snapshot for nothing.
 */
export const CLOSED_MONTHS = 'months:closed';
