import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { requestLifecycle } from '../../core/states.ts';
import { placeField } from '../../db/fields.ts';
import type { Place } from '../../db/fields.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';

/** Where an imported row came from: original values stay readable for ever. */
export interface RequestSource {
  system: string;
  id: string;
  importId: Types.ObjectId;
  /** Of the values that were read: an unchanged row of a later file has the same. */
  fingerprint: string;
  original: Record<string, string>;
  /** Fields that were missing and filled with the mapping's stated defaults. */
  assumed: string[];
}

/** What somebody asks for (R-2.4, R-1.29, R-1.30: true, complete, with its risks and the support offered). */
export interface RequestRow extends TenantRow, StateRow {
  unitId: Types.ObjectId;
  title: string;
  /** Pieces of the title, so that a search for a part of it is an index scan. */
  titleKeys: string[];
  description: string;
  /** Service area code of the catalogue. */
  category: string;
  place: Place;
  /** Division code of the county it happens in. */
  county: string | null;
  conditions: string;
  risks: string;
  support: string;
  contactName: string;
  contactPhone: string;
  createdBy: Types.ObjectId | null;
  createdAt: Date;
  source: RequestSource | null;
  /** How often a shift was planned for it. Whoever plans writes this, so that taking the request back meets them. */
  planned: number;
}

const requestSchema = new Schema({
  ...tenantFields,
  ...stateFields(requestLifecycle.states),
  unitId: { type: Schema.Types.ObjectId, required: true },
  title: { type: String, required: true },
  titleKeys: { type: [String], default: [] },
  description: { type: String, default: '' },
  category: { type: String, required: true },
  place: { ...placeField, required: true },
  county: { type: String, default: null },
  conditions: { type: String, default: '' },
  risks: { type: String, default: '' },
  support: { type: String, default: '' },
  contactName: { type: String, default: '' },
  contactPhone: { type: String, default: '' },
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
  source: {
    type: new Schema(
      {
        system: { type: String, required: true },
        id: { type: String, required: true },
        importId: { type: Schema.Types.ObjectId, required: true },
        fingerprint: { type: String, required: true },
        original: { type: Schema.Types.Mixed, required: true },
        assumed: { type: [String], default: [] },
      },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
  planned: { type: Number, default: 0 },
});
requestSchema.index({ tenantId: 1, state: 1, createdAt: -1, _id: -1 });
requestSchema.index({ tenantId: 1, state: 1, unitId: 1, createdAt: -1, _id: -1 });
requestSchema.index({ tenantId: 1, titleKeys: 1, createdAt: -1, _id: -1 });
requestSchema.index({ tenantId: 1, unitId: 1, createdAt: -1, _id: -1 });
requestSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
// The same file twice changes nothing: a source row has one request.
requestSchema.index(
  { tenantId: 1, 'source.system': 1, 'source.id': 1 },
  { unique: true, partialFilterExpression: { 'source.id': { $exists: true } } },
);

export const RequestModel = tenantModel<RequestRow>('Request', requestSchema);
