import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { IMPORT_KINDS } from './import.model.ts';
import type { ImportKind } from './import.model.ts';
import type { ImportMapping } from './import.types.ts';

/** A mapping kept under a name, for the next file of the same source. */
export interface SavedMappingRow extends TenantRow {
  kind: ImportKind;
  name: string;
  /** The name as two people would call it the same: composed, lower case. */
  nameKey: string;
  /** Without the day from which passed dates are planned again: that is of one file. */
  mapping: ImportMapping;
  header: string[];
  version: number;
  usedAt: Date;
  createdBy: Types.ObjectId | null;
  createdAt: Date;
}

const savedSchema = new Schema({
  ...tenantFields,
  kind: { type: String, enum: [...IMPORT_KINDS], required: true },
  name: { type: String, required: true },
  nameKey: { type: String, required: true },
  mapping: { type: Schema.Types.Mixed, required: true },
  header: { type: [String], required: true },
  version: { type: Number, required: true, default: 1 },
  usedAt: { type: Date, required: true },
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
savedSchema.index({ tenantId: 1, kind: 1, nameKey: 1 }, { unique: true });
savedSchema.index({ tenantId: 1, kind: 1, usedAt: -1 });

export const SavedMappingModel = tenantModel<SavedMappingRow>('ImportMapping', savedSchema);
