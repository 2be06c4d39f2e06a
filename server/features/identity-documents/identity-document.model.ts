import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { globalModel } from '../../db/registry.ts';
import type { StoredRow } from '../../db/registry.ts';
import { DOCUMENT_TYPES } from './identity-document.rules.ts';
import type { DocumentType } from './identity-document.rules.ts';

/** Who saw the document, where, and by whose leave they were in a position to. */
export interface Verification {
  at: Date;
  /** Null for the operator's own command. */
  byAccountId: Types.ObjectId | null;
  byPersonId: Types.ObjectId | null;
  tenantId: Types.ObjectId | null;
  /** Everybody who gave the verifier the right, and gave them theirs, up to the operator. */
  granters: Types.ObjectId[];
  /** What the person was called when it was seen; verifications of before it was kept have none. */
  name?: string;
}

/**
 * The document that says who a person is. The number itself is sealed; `blind` is a keyed hash of it, the same in every
 * tenant: one human with several accounts has one (S-47, S-10). Not unique: whoever states a number first keeps nobody
 * else from stating it, and no answer tells that it is known.
 */
export interface IdentityDocumentRow extends StoredRow {
  personId: Types.ObjectId;
  type: DocumentType;
  sealed: string;
  blind: string;
  /** Numbers that the person stated before this one, in the same way: a number is not got rid of by stating another. */
  former?: string[];
  /** 0 for the first account that stated the number, 1 for the next, …: numbers with several accounts are found by it. */
  place: number;
  /** `YYYY-MM-DD` where the number says one that differs from the profile's: both cannot be right. */
  otherBirthDate: boolean;
  statedAt: Date;
  /** Null while nobody saw the document itself. */
  verification: Verification | null;
  version: number;
}

const identityDocumentSchema = new Schema({
  personId: { type: Schema.Types.ObjectId, required: true },
  type: { type: String, enum: [...DOCUMENT_TYPES], required: true },
  sealed: { type: String, required: true },
  blind: { type: String, required: true },
  former: { type: [String], default: undefined },
  place: { type: Number, required: true },
  otherBirthDate: { type: Boolean, required: true, default: false },
  statedAt: { type: Date, required: true },
  verification: {
    type: new Schema(
      {
        at: { type: Date, required: true },
        byAccountId: { type: Schema.Types.ObjectId, default: null },
        byPersonId: { type: Schema.Types.ObjectId, default: null },
        tenantId: { type: Schema.Types.ObjectId, default: null },
        granters: { type: [Schema.Types.ObjectId], default: [] },
        name: { type: String },
      },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
  version: { type: Number, required: true, default: 1 },
});
identityDocumentSchema.index({ personId: 1 }, { unique: true });
// Of two who state one number at the same time one is second, and looks again.
identityDocumentSchema.index({ blind: 1, place: 1 }, { unique: true });
// Numbers that several accounts stated, by the number: a few of very many.
identityDocumentSchema.index({ blind: 1, personId: 1 }, { partialFilterExpression: { place: { $gt: 0 } } });

// Whoever stated the number once; few people ever state a second one.
identityDocumentSchema.index({ former: 1 }, { sparse: true });

export const IdentityDocumentModel = globalModel<IdentityDocumentRow>(
  'IdentityDocument',
  identityDocumentSchema,
  'it says who a person is, and a person exists once on the platform',
);
