import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

export const ATTACHED_TO = [
  'credential',
  'credit',
  'guardian-consent',
  'course',
  'hours-claim',
  'award',
] as const;
export type AttachedTo = (typeof ATTACHED_TO)[number];

export const KEPT_TYPES = ['image/webp', 'application/pdf'] as const;

/** A picture or document that somebody added to a thing of theirs; what it shows is in `AttachmentContent`. */
export interface AttachmentRow extends TenantRow {
  subjectType: AttachedTo;
  subjectId: Types.ObjectId;
  /** Who added it, or whose thing it is. */
  personId: Types.ObjectId;
  /** Whose quota it counts against: the person's, or of what is handed out the course's. */
  ownerId: Types.ObjectId;
  contentType: (typeof KEPT_TYPES)[number];
  bytes: number;
  /** Of a picture; null of a document. */
  width: number | null;
  height: number | null;
  /** Of a document; null of a picture. */
  pages: number | null;
  /** What it is called where it is handed out; empty for evidence. */
  label: string;
  /** SHA-256 of the stored bytes, hex. */
  sha256: string;
  createdAt: Date;
  /** The content is gone from then on; that there was one stays known. */
  removedAt: Date | null;
}

const attachmentSchema = new Schema({
  ...tenantFields,
  subjectType: { type: String, enum: [...ATTACHED_TO], required: true },
  subjectId: { type: Schema.Types.ObjectId, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  ownerId: { type: Schema.Types.ObjectId, required: true },
  contentType: { type: String, enum: [...KEPT_TYPES], required: true },
  bytes: { type: Number, required: true },
  width: { type: Number, default: null },
  height: { type: Number, default: null },
  pages: { type: Number, default: null },
  label: { type: String, default: '' },
  sha256: { type: String, required: true },
  createdAt: { type: Date, required: true },
  removedAt: { type: Date, default: null },
});
attachmentSchema.index({ tenantId: 1, subjectType: 1, subjectId: 1, _id: 1 });

export const AttachmentModel = tenantModel<AttachmentRow>('Attachment', attachmentSchema);

/**
 * The bytes, apart from the facts so that lists never load them. In the database and not in a folder: every web process
 * sees them, they are written in the transaction that adds them, and a copy of the database has them (docs/adr).
 */
export interface AttachmentContentRow extends TenantRow {
  attachmentId: Types.ObjectId;
  content: Buffer;
}

const contentSchema = new Schema({
  ...tenantFields,
  attachmentId: { type: Schema.Types.ObjectId, required: true },
  content: { type: Buffer, required: true },
});
contentSchema.index({ tenantId: 1, attachmentId: 1 }, { unique: true });

export const AttachmentContentModel = tenantModel<AttachmentContentRow>('AttachmentContent', contentSchema);

/**
 * What one owner has stored in one tenant: a person their evidence, a course what is handed out with it. Changed under a guard,
 * and by every upload, so that uploads at once can exceed neither it nor what one thing holds.
 */
export interface AttachmentQuotaRow extends TenantRow {
  ownerId: Types.ObjectId;
  files: number;
  bytes: number;
}

const quotaSchema = new Schema({
  ...tenantFields,
  ownerId: { type: Schema.Types.ObjectId, required: true },
  files: { type: Number, required: true, default: 0 },
  bytes: { type: Number, required: true, default: 0 },
});
quotaSchema.index({ tenantId: 1, ownerId: 1 }, { unique: true });

export const AttachmentQuotaModel = tenantModel<AttachmentQuotaRow>('AttachmentQuota', quotaSchema);
