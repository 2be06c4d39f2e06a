import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { credentialLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';

export const CREDENTIAL_TYPES = ['social-worker'] as const;
export type CredentialType = (typeof CREDENTIAL_TYPES)[number];
/** 助理社会工作师, 社会工作师, 高级社会工作师, lowest first. */
export const SOCIAL_WORKER_LEVELS = ['assistant', 'intermediate', 'senior'] as const;
export type SocialWorkerLevel = (typeof SOCIAL_WORKER_LEVELS)[number];

/** What a person holds, as this tenant has seen and verified it. Dates are `YYYY-MM-DD`. */
export interface CredentialRow extends TenantRow, StateRow {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  personName: string;
  type: CredentialType;
  level: SocialWorkerLevel;
  number: string;
  issuer: string;
  issuedOn: string;
  validFrom: string;
  validTo: string;
  firstReviewerId: Types.ObjectId | null;
  finalReviewerId: Types.ObjectId | null;
  createdAt: Date;
}

const credentialSchema = new Schema({
  ...tenantFields,
  ...stateFields(credentialLifecycle.states),
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  // A path called `type` needs this form: Mongoose would read `type: String` as the type of the parent.
  type: { type: String, enum: [...CREDENTIAL_TYPES], required: true },
  level: { type: String, enum: [...SOCIAL_WORKER_LEVELS], required: true },
  number: { type: String, required: true },
  issuer: { type: String, default: '' },
  issuedOn: { type: String, required: true },
  validFrom: { type: String, required: true },
  validTo: { type: String, required: true },
  firstReviewerId: { type: Schema.Types.ObjectId, default: null },
  finalReviewerId: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
credentialSchema.index({ tenantId: 1, personId: 1, state: 1 });
credentialSchema.index({ tenantId: 1, personId: 1, createdAt: -1, _id: -1 });
credentialSchema.index({ tenantId: 1, state: 1, createdAt: 1, _id: 1 });
credentialSchema.index(
  { tenantId: 1, type: 1, number: 1 },
  {
    unique: true,
    partialFilterExpression: {
      state: {
        $in: ['claimed', 'under_review', 'needs_correction', 'first_pass', 'valid', 'expiring', 'suspended'],
      },
    },
  },
);
// The expiry sweep looks across tenants.
credentialSchema.index(
  { validTo: 1 },
  { partialFilterExpression: { state: { $in: ['valid', 'expiring'] } } },
);

export const CredentialModel = tenantModel<CredentialRow>('Credential', credentialSchema);
