import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { importLifecycle } from '../../core/states.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import type { ImportMapping, ParsedOpportunity, RowProblem } from './import.types.ts';

export const IMPORT_KINDS = ['opportunities'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];
export type ImportState = 'checked' | 'applying' | 'done' | 'failed';

export interface ImportCounts {
  read: number;
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
}

/** How often something was noticed in a file's rows. */
export interface ImportNotice {
  field: string;
  code: string;
  count: number;
}

/** One file that somebody brought: first checked (dry run), then applied in resumable batches. */
export interface ImportRow extends TenantRow, StateRow<ImportState> {
  kind: ImportKind;
  fileName: string;
  fileHash: string;
  unitId: Types.ObjectId;
  fileBytes: number;
  encoding: string;
  /** Names of the file's columns, in its order. */
  columns: string[];
  /** Column of the file for each of our fields, and stated defaults for what may be missing. */
  mapping: ImportMapping;
  /** What was noticed in all rows together; `assumed` fields have the code `assumed`. */
  notices: ImportNotice[];
  total: number;
  /** Lines up to here are applied. */
  appliedTo: number;
  /** While only checked: what applying would come to; from the start on: what it came to. */
  counts: ImportCounts;
  createdBy: Types.ObjectId | null;
  createdAt: Date;
  finishedAt: Date | null;
}

const importSchema = new Schema({
  ...tenantFields,
  kind: { type: String, enum: [...IMPORT_KINDS], required: true },
  ...stateFields(importLifecycle.states),
  fileName: { type: String, required: true },
  fileHash: { type: String, required: true },
  fileBytes: { type: Number, required: true },
  encoding: { type: String, required: true },
  columns: { type: [String], required: true },
  notices: {
    type: [
      new Schema(
        {
          field: { type: String, required: true },
          code: { type: String, required: true },
          count: { type: Number, required: true },
        },
        { _id: false, strict: 'throw' },
      ),
    ],
    default: [],
  },
  unitId: { type: Schema.Types.ObjectId, required: true },
  mapping: { type: Schema.Types.Mixed, required: true },
  total: { type: Number, required: true },
  appliedTo: { type: Number, required: true, default: 0 },
  counts: {
    type: new Schema(
      {
        read: { type: Number, required: true, default: 0 },
        created: { type: Number, required: true, default: 0 },
        updated: { type: Number, required: true, default: 0 },
        unchanged: { type: Number, required: true, default: 0 },
        rejected: { type: Number, required: true, default: 0 },
      },
      { _id: false, strict: 'throw' },
    ),
    required: true,
  },
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
  finishedAt: { type: Date, default: null },
});
importSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
// The sweep that applies batches looks across tenants.
importSchema.index({ state: 1, createdAt: 1 }, { partialFilterExpression: { state: 'applying' } });

export const ImportModel = tenantModel<ImportRow>('Import', importSchema);

/** One line of an imported file, with what was found out about it. */
export interface ImportLineRow extends TenantRow {
  importId: Types.ObjectId;
  line: number;
  original: Record<string, string>;
  /** Parsed values; null when the row is rejected. */
  parsed: ParsedOpportunity | null;
  /** Taken from the parsed values: the same row read again has the same. */
  fingerprint: string;
  problems: RowProblem[];
  assumed: string[];
  /** The request that the row became. */
  requestId: Types.ObjectId | null;
  outcome: 'pending' | 'created' | 'updated' | 'unchanged' | 'rejected';
}

const lineSchema = new Schema({
  ...tenantFields,
  importId: { type: Schema.Types.ObjectId, required: true },
  line: { type: Number, required: true },
  original: { type: Schema.Types.Mixed, required: true },
  parsed: { type: Schema.Types.Mixed, default: null },
  fingerprint: { type: String, default: '' },
  requestId: { type: Schema.Types.ObjectId, default: null },
  problems: {
    type: [
      new Schema(
        {
          field: { type: String, required: true },
          code: { type: String, required: true },
          value: { type: String, default: '' },
        },
        { _id: false, strict: 'throw' },
      ),
    ],
    default: [],
  },
  assumed: { type: [String], default: [] },
  outcome: { type: String, enum: ['pending', 'created', 'updated', 'unchanged', 'rejected'], required: true },
});
lineSchema.index({ tenantId: 1, importId: 1, line: 1 }, { unique: true });
lineSchema.index({ tenantId: 1, importId: 1, outcome: 1, line: 1 });

export const ImportLineModel = tenantModel<ImportLineRow>('ImportLine', lineSchema);
