import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import type { StatementDraft } from './certificate.types.ts';

/**
 * A service certificate as issued: what it states never changes; a revocation is added beside it. The number and what is
 * stated are taken in the issuing transaction, both files are made right after it, once.
 */
export interface CertificateRow extends TenantRow {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  /** The holder's unit when it was issued: whose desk it belongs to. */
  unitId: Types.ObjectId;
  number: string;
  /** Public verification code, at least 128 random bits (S-57). */
  code: string;
  locale: string;
  /** Local dates, both inclusive. */
  periodFrom: string;
  periodTo: string;
  /** Of one activity: its name and unit in JSON; empty for everything in the period. */
  activityKey: string;
  totalMinutes: number;
  ledgerHead: string;
  ledgerEntries: number;
  /** What is stated, before there is a PDF to name and a key has signed. */
  draft: StatementDraft;
  /** Null until the files are made, like the three below it. */
  keyId: string | null;
  /** The signed canonical JSON, byte for byte. */
  signedJson: string | null;
  pdf: Buffer | null;
  pdfSha256: string | null;
  /** The same as a verifiable credential, made when it is first asked for. */
  credentialJson: string | null;
  /** Where its bit is: list of the tenant, and place in the list. Null until there is a credential. */
  statusList: number | null;
  statusIndex: number | null;
  issuedAt: Date;
  issuedBy: Types.ObjectId;
  revokedAt: Date | null;
  revokedBy: Types.ObjectId | null;
  revocationReason: string | null;
}

const certificateSchema = new Schema({
  ...tenantFields,
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  number: { type: String, required: true },
  code: { type: String, required: true },
  locale: { type: String, required: true },
  periodFrom: { type: String, required: true },
  periodTo: { type: String, required: true },
  activityKey: { type: String, default: '' },
  totalMinutes: { type: Number, required: true },
  ledgerHead: { type: String, required: true },
  ledgerEntries: { type: Number, required: true },
  draft: { type: Schema.Types.Mixed, required: true },
  keyId: { type: String, default: null },
  signedJson: { type: String, default: null },
  pdf: { type: Buffer, default: null },
  pdfSha256: { type: String, default: null },
  credentialJson: { type: String, default: null },
  statusList: { type: Number, default: null },
  statusIndex: { type: Number, default: null },
  issuedAt: { type: Date, required: true },
  issuedBy: { type: Schema.Types.ObjectId, required: true },
  revokedAt: { type: Date, default: null },
  revokedBy: { type: Schema.Types.ObjectId, default: null },
  revocationReason: { type: String, default: null },
});
// Issuing twice gives one: the same ledger state of the same period is the same certificate (S-59). Whoever's was revoked
// (a name spelt wrong) may have another.
certificateSchema.index(
  { tenantId: 1, personId: 1, periodFrom: 1, periodTo: 1, locale: 1, ledgerHead: 1, activityKey: 1 },
  { unique: true, partialFilterExpression: { revokedAt: null } },
);
certificateSchema.index({ tenantId: 1, number: 1 }, { unique: true });
// A place in a status list is somebody’s for good.
certificateSchema.index(
  { tenantId: 1, statusList: 1, statusIndex: 1 },
  { unique: true, partialFilterExpression: { statusIndex: { $type: 'number' } } },
);
certificateSchema.index({ tenantId: 1, personId: 1, issuedAt: -1, _id: -1 });
certificateSchema.index({ tenantId: 1, issuedAt: -1, _id: -1 });
// What a year's report counts.
certificateSchema.index({ tenantId: 1, revokedAt: 1 });
certificateSchema.index({ tenantId: 1, unitId: 1, issuedAt: -1, _id: -1 });
// Public verification starts from the code alone (reviewed exception to "tenantId first").
certificateSchema.index({ code: 1 });

export const CertificateModel = tenantModel<CertificateRow>('Certificate', certificateSchema);

/** Serial numbers without gaps: the counter moves in the issuing transaction (F-39). */
export interface CertificateSerialRow extends TenantRow {
  year: number;
  last: number;
}
const serialSchema = new Schema({
  ...tenantFields,
  year: { type: Number, required: true },
  last: { type: Number, required: true, default: 0 },
});
serialSchema.index({ tenantId: 1, year: 1 }, { unique: true });

export const CertificateSerialModel = tenantModel<CertificateSerialRow>('CertificateSerial', serialSchema);
