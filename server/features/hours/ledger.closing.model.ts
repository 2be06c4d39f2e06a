import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

/** All months up to `through` are closed; there is no way back. Append-only. */
export interface LedgerClosingRow extends TenantRow {
  /** 1, 2, 3 … within the tenant: of two closings at once one is second and looks again. */
  number: number;
  /** `YYYY-MM`. */
  through: string;
  /** Where the closing before ended; null for the first. */
  after: string | null;
  closedAt: Date;
  closedBy: Types.ObjectId;
}

const closingSchema = new Schema({
  ...tenantFields,
  number: { type: Number, required: true },
  through: { type: String, required: true },
  after: { type: String, default: null },
  closedAt: { type: Date, required: true },
  closedBy: { type: Schema.Types.ObjectId, required: true },
});
closingSchema.index({ tenantId: 1, number: 1 }, { unique: true });
// The sweep looks for closings of all tenants whose statement is not drawn yet.
closingSchema.index({ closedAt: 1 });

export const LedgerClosingModel = tenantModel<LedgerClosingRow>('LedgerClosing', closingSchema);

export interface MonthFigures {
  month: string;
  entries: number;
  /** Whole minutes on people's accounts, reversals deducted. */
  minutes: number;
  /** The same, of entries for service of months closed before. */
  lateMinutes: number;
  lateEntries: number;
}

/** What the ledger held of a closing's months; drawn once, when nothing can be posted into them any more. Append-only. */
export interface LedgerStatementRow extends TenantRow {
  closing: number;
  months: MonthFigures[];
  entries: number;
  /** SHA-256, hex, over the hashes of all its entries by account and number. */
  digest: string;
  drawnAt: Date;
}

const statementSchema = new Schema({
  ...tenantFields,
  closing: { type: Number, required: true },
  months: {
    type: [
      new Schema(
        {
          month: { type: String, required: true },
          entries: { type: Number, required: true },
          minutes: { type: Number, required: true },
          lateMinutes: { type: Number, required: true },
          lateEntries: { type: Number, required: true },
        },
        { _id: false, strict: 'throw' },
      ),
    ],
    required: true,
  },
  entries: { type: Number, required: true },
  digest: { type: String, required: true },
  drawnAt: { type: Date, required: true },
});
statementSchema.index({ tenantId: 1, closing: 1 }, { unique: true });

export const LedgerStatementModel = tenantModel<LedgerStatementRow>('LedgerStatement', statementSchema);

/** The nightly comparison of balances with entries: one row a tenant and day. */
export interface LedgerComparisonRow extends TenantRow {
  /** UTC date. */
  date: string;
  accounts: number;
  /** Accounts whose newest entry is not what all of them come to: nothing is changed there, somebody must look. */
  broken: string[];
  at: Date;
}

const comparisonSchema = new Schema({
  ...tenantFields,
  date: { type: String, required: true },
  accounts: { type: Number, required: true },
  broken: { type: [String], default: [] },
  at: { type: Date, required: true },
});
comparisonSchema.index({ tenantId: 1, date: 1 }, { unique: true });

export const LedgerComparisonModel = tenantModel<LedgerComparisonRow>('LedgerComparison', comparisonSchema);
