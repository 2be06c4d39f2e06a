import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { importLifecycle } from '../../core/states.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import type { ImportedContent } from '../requests/index.ts';
import type { ShiftTrace } from '../shifts/index.ts';
import type { ImportMapping, ParsedOpportunity, RowFixes, RowProblem } from './import.types.ts';

export const IMPORT_KINDS = ['opportunities'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];
export type ImportState = 'checked' | 'applying' | 'done' | 'failed' | 'undoing' | 'undone' | 'undo_failed';

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

/** What taking an import back has come to so far. */
export interface UndoCounts {
  /** Rows that had made or changed something. */
  total: number;
  removed: number;
  restored: number;
  /** Somebody has touched the thing since: it stays. */
  left: number;
}

/** One file that somebody brought: first checked (dry run), then applied in resumable batches, perhaps taken back. */
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
  /** Rows that a person left out. */
  skipped: number;
  /** The saved mapping it is read by. */
  saved: { id: Types.ObjectId; name: string } | null;
  undo: UndoCounts | null;
  /** When a worker last had it: whoever waits longest is next, so one large import holds up nobody. */
  turnAt: Date | null;
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
  skipped: { type: Number, default: 0 },
  saved: {
    type: new Schema(
      { id: { type: Schema.Types.ObjectId, required: true }, name: { type: String, required: true } },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
  undo: {
    type: new Schema(
      {
        total: { type: Number, required: true },
        removed: { type: Number, required: true },
        restored: { type: Number, required: true },
        left: { type: Number, required: true },
      },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
  turnAt: { type: Date, default: null },
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
  finishedAt: { type: Date, default: null },
});
importSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
// The sweeps that apply and take back look across tenants.
importSchema.index({ turnAt: 1 }, { partialFilterExpression: { state: { $in: ['applying', 'undoing'] } } });

export const ImportModel = tenantModel<ImportRow>('Import', importSchema);

export const LINE_OUTCOMES = ['pending', 'created', 'updated', 'unchanged', 'rejected', 'skipped'] as const;
export type LineOutcome = (typeof LINE_OUTCOMES)[number];

/** What applying a line did, enough to take it back and to notice who has touched it since. */
export interface LineTrace {
  readonly requestMark: string;
  /** What the request said before; null for one that the line made. */
  readonly before: ImportedContent | null;
  readonly shift: ShiftTrace | null;
}

export const UNDO_OUTCOMES = ['removed', 'restored', 'left'] as const;

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
  outcome: LineOutcome;
  /** What it would come to while it is pending, else what it came to. */
  expected: Exclude<LineOutcome, 'pending'>;
  /** The source's id as the row says it, also where another row has it; empty when the row cannot be read. */
  key: string;
  ragged: boolean;
  fixes: RowFixes;
  skipped: boolean;
  version: number;
  trace: LineTrace | null;
  undo: { outcome: (typeof UNDO_OUTCOMES)[number]; reason: string | null } | null;
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
  outcome: { type: String, enum: [...LINE_OUTCOMES], required: true },
  expected: { type: String, enum: LINE_OUTCOMES.filter((outcome) => outcome !== 'pending'), required: true },
  key: { type: String, default: '' },
  ragged: { type: Boolean, default: false },
  fixes: { type: Schema.Types.Mixed, default: {} },
  skipped: { type: Boolean, default: false },
  version: { type: Number, required: true, default: 1 },
  trace: { type: Schema.Types.Mixed, default: null },
  undo: {
    type: new Schema(
      {
        outcome: { type: String, enum: [...UNDO_OUTCOMES], required: true },
        reason: { type: String, default: null },
      },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
});
lineSchema.index({ tenantId: 1, importId: 1, line: 1 }, { unique: true });
lineSchema.index({ tenantId: 1, importId: 1, outcome: 1, line: 1 });
lineSchema.index({ tenantId: 1, importId: 1, expected: 1, line: 1 });
lineSchema.index({ tenantId: 1, importId: 1, key: 1 });

export const ImportLineModel = tenantModel<ImportLineRow>('ImportLine', lineSchema);
