import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import type { Locale } from '../../core/locale.ts';
import { globalModel } from '../../db/registry.ts';
import type { StoredRow } from '../../db/registry.ts';

/** What a minor typed who wants to register; nothing else is made of it before the guardian agreed. */
export interface WaitingRegistration {
  name: string;
  email: string;
  passwordHash: string;
  locale: Locale;
  /** The join link that led here, if any. */
  joinLinkId?: Types.ObjectId | null;
}

/**
 * A guardian is asked: about a registration that waits, or about somebody who has an account. It is deleted by the answer
 * and dies by itself after a week, with everything in it.
 */
export interface GuardianRequestRow extends StoredRow {
  /** Where the minor wants to join; null for nowhere yet. */
  tenantId: Types.ObjectId | null;
  personId: Types.ObjectId | null;
  registration: WaitingRegistration | null;
  minorName: string;
  birthDate: string;
  guardianName: string;
  /** Normalised; the only way the answer can come. */
  guardianAddress: string;
  createdAt: Date;
  expiresAt: Date;
}

const requestSchema = new Schema({
  tenantId: { type: Schema.Types.ObjectId, default: null },
  personId: { type: Schema.Types.ObjectId, default: null },
  registration: {
    type: new Schema(
      {
        name: { type: String, required: true },
        email: { type: String, required: true },
        passwordHash: { type: String, required: true },
        locale: { type: String, enum: ['zh-CN', 'en'], required: true },
        joinLinkId: { type: Schema.Types.ObjectId, default: null },
      },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
  minorName: { type: String, required: true },
  birthDate: { type: String, required: true },
  guardianName: { type: String, required: true },
  guardianAddress: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
});
requestSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 0 });
requestSchema.index({ guardianAddress: 1, createdAt: 1 });
requestSchema.index({ personId: 1 }, { partialFilterExpression: { personId: { $type: 'objectId' } } });

export const GuardianRequestModel = globalModel<GuardianRequestRow>(
  'GuardianRequest',
  requestSchema,
  'a minor registers before any tenant is known',
);
