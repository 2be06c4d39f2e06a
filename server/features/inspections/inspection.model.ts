import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { inspectionLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import type { TableName } from './inspection.rules.ts';
import type { Sums } from './inspection.types.ts';

/** How far the making is: people with all that is theirs, what two persons did, closed months, the archive. */
export const INSPECTION_STAGES = ['people', 'acts', 'closings', 'archive'] as const;
export type InspectionStage = (typeof INSPECTION_STAGES)[number];

/** Material that an authority demanded of a period, made in the background once two persons agreed. */
export interface InspectionRow extends TenantRow, StateRow {
  proposalId: Types.ObjectId;
  /** Local dates, both inclusive. */
  periodFrom: string;
  periodTo: string;
  /** Who demanded it, and under which number. */
  authority: string;
  reference: string;
  reason: string;
  requestedBy: Types.ObjectId;
  requesterName: string;
  requestedAt: Date;
  confirmedBy: Types.ObjectId;
  confirmerName: string;
  stage: InspectionStage;
  /** Steps done; a worker that lost its lease finds another number here. */
  step: number;
  /** Where the stage goes on. */
  cursor: string | null;
  /** People who are or were members, and how many of them were read. */
  total: number;
  done: number;
  rows: Partial<Record<TableName, number>>;
  sums: Sums;
  createdAt: Date;
  finishedAt: Date | null;
  /** After this the archive is gone. */
  expiresAt: Date | null;
  archive: { file: string; bytes: number; pieces: number; sha256: string } | null;
  /** How often it was taken. */
  taken: number;
}

const inspectionSchema = new Schema({
  ...tenantFields,
  ...stateFields(inspectionLifecycle.states),
  proposalId: { type: Schema.Types.ObjectId, required: true },
  periodFrom: { type: String, required: true },
  periodTo: { type: String, required: true },
  authority: { type: String, required: true },
  reference: { type: String, required: true },
  reason: { type: String, required: true },
  requestedBy: { type: Schema.Types.ObjectId, required: true },
  requesterName: { type: String, required: true },
  requestedAt: { type: Date, required: true },
  confirmedBy: { type: Schema.Types.ObjectId, required: true },
  confirmerName: { type: String, required: true },
  stage: { type: String, enum: [...INSPECTION_STAGES], required: true },
  step: { type: Number, required: true, default: 0 },
  cursor: { type: String, default: null },
  total: { type: Number, required: true },
  done: { type: Number, required: true, default: 0 },
  rows: { type: Schema.Types.Mixed, default: {} },
  sums: { type: Schema.Types.Mixed, required: true },
  createdAt: { type: Date, required: true },
  finishedAt: { type: Date, default: null },
  expiresAt: { type: Date, default: null },
  archive: {
    type: new Schema(
      {
        file: { type: String, required: true },
        bytes: { type: Number, required: true },
        pieces: { type: Number, required: true },
        sha256: { type: String, required: true },
      },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
  taken: { type: Number, required: true, default: 0 },
});
// What two agreed to is made once.
inspectionSchema.index({ tenantId: 1, proposalId: 1 }, { unique: true });
// One at a time: an organisation's export is heavy work for all (S-60).
inspectionSchema.index({ tenantId: 1 }, { unique: true, partialFilterExpression: { state: 'running' } });
inspectionSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
// The sweeps look for what is to be made, and for what is over, in every tenant.
inspectionSchema.index({ state: 1, _id: 1 });
inspectionSchema.index({ expiresAt: 1 }, { partialFilterExpression: { state: 'ready' } });

export const InspectionModel = tenantModel<InspectionRow>('InspectionExport', inspectionSchema);

/**
 * Parts of the tables while they are gathered, then of the archive. In the database like other files (ADR 4), so that every web
 * process can hand them out and a killed worker leaves no half file; in pieces, as an archive may be larger than a document.
 */
export interface InspectionPieceRow extends TenantRow {
  exportId: Types.ObjectId;
  /** A table's file, or the archive's own name. */
  file: string;
  /** 0, 1, 2 … within the file, with gaps. */
  place: number;
  content: Buffer;
}

const pieceSchema = new Schema({
  ...tenantFields,
  exportId: { type: Schema.Types.ObjectId, required: true },
  file: { type: String, required: true },
  place: { type: Number, required: true },
  content: { type: Buffer, required: true },
});
pieceSchema.index({ tenantId: 1, exportId: 1, file: 1, place: 1 }, { unique: true });

export const InspectionPieceModel = tenantModel<InspectionPieceRow>('InspectionPiece', pieceSchema);

/** What a lean read of a piece holds: Mongoose gives the driver's Binary. */
export function bytesOf(piece: InspectionPieceRow): Buffer {
  const { content } = piece as unknown as { content: Buffer | { buffer: Uint8Array } };
  return Buffer.isBuffer(content) ? content : Buffer.from(content.buffer);
}
