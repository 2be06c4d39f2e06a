import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

/** Certificates for many people in one job: whom it is for is fixed when it is asked for. */
export interface CertificateBatchRow extends TenantRow {
  state: 'running' | 'done';
  scope: 'period' | 'all' | 'activity';
  /** Local dates, both inclusive; null unless a period was asked for. */
  periodFrom: string | null;
  periodTo: string | null;
  activity: { name: string; unit: string } | null;
  /** The unit in which they served, with those below it. */
  unitId: Types.ObjectId;
  locale: string;
  total: number;
  /** Made now, found as made before, refused. */
  issued: number;
  found: number;
  refused: number;
  /** CPU time of the process that made them, milliseconds. */
  cpuMs: number;
  requestedBy: Types.ObjectId;
  handlerName: string;
  createdAt: Date;
  finishedAt: Date | null;
}

const batchSchema = new Schema({
  ...tenantFields,
  state: { type: String, enum: ['running', 'done'], required: true },
  scope: { type: String, enum: ['period', 'all', 'activity'], required: true },
  periodFrom: { type: String, default: null },
  periodTo: { type: String, default: null },
  activity: {
    type: new Schema(
      { name: { type: String, required: true }, unit: { type: String, required: true } },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
  unitId: { type: Schema.Types.ObjectId, required: true },
  locale: { type: String, required: true },
  total: { type: Number, required: true },
  issued: { type: Number, default: 0 },
  found: { type: Number, default: 0 },
  refused: { type: Number, default: 0 },
  cpuMs: { type: Number, default: 0 },
  requestedBy: { type: Schema.Types.ObjectId, required: true },
  handlerName: { type: String, required: true },
  createdAt: { type: Date, required: true },
  finishedAt: { type: Date, default: null },
});
batchSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
batchSchema.index({ tenantId: 1, requestedBy: 1, createdAt: -1, _id: -1 });
// The sweep looks for unfinished ones of all tenants.
batchSchema.index({ state: 1, _id: 1 });

export const CertificateBatchModel = tenantModel<CertificateBatchRow>('CertificateBatch', batchSchema);

/** One person of a batch. */
export interface CertificateBatchItemRow extends TenantRow {
  batchId: Types.ObjectId;
  personId: Types.ObjectId;
  name: string;
  /** 0, 1, 2 … in the order of names. */
  place: number;
  state: 'waiting' | 'issued' | 'found' | 'refused';
  /** Why not, as a code. */
  refusal: string | null;
  certificateId: Types.ObjectId | null;
}

const itemSchema = new Schema({
  ...tenantFields,
  batchId: { type: Schema.Types.ObjectId, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  name: { type: String, required: true },
  place: { type: Number, required: true },
  state: { type: String, enum: ['waiting', 'issued', 'found', 'refused'], required: true },
  refusal: { type: String, default: null },
  certificateId: { type: Schema.Types.ObjectId, default: null },
});
itemSchema.index({ tenantId: 1, batchId: 1, personId: 1 }, { unique: true });
itemSchema.index({ tenantId: 1, batchId: 1, state: 1, place: 1 });

export const CertificateBatchItemModel = tenantModel<CertificateBatchItemRow>(
  'CertificateBatchItem',
  itemSchema,
);
