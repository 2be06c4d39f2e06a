import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { credentialLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { REGISTER_STATES } from './credential.rules.ts';
import type { RegisterState } from './credential.rules.ts';

/** What somebody saw in the national register of social workers, and when. */
export interface RegisterCheck {
  state: RegisterState;
  seenOn: string;
  by: Types.ObjectId;
  at: Date;
}

/** What a person holds, as this tenant has seen and verified it. Dates are `YYYY-MM-DD`. */
export interface CredentialRow extends TenantRow, StateRow {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  personName: string;
  /** Code of the catalogue's type. */
  type: string;
  /** Code of the type's level; empty when it has none. */
  level: string;
  /** Levels that it stands for: its own and those below. */
  covers: string[];
  /** Skills that the holder has by it, as the catalogue had them when it was stated. */
  gives: { code: string; level: number }[];
  /** Empty for checks. */
  number: string;
  issuer: string;
  issuedOn: string;
  validFrom: string;
  /** Last day, inclusive; null when it never ends. */
  validTo: string | null;
  windowMonths: number;
  /** Day on which time changes its state next; null when it does not. */
  dueOn: string | null;
  firstReviewerId: Types.ObjectId | null;
  finalReviewerId: Types.ObjectId | null;
  /** The accounts that said no. */
  refusedBy: Types.ObjectId[];
  /** Why the holder contests a rejection; one contest each. */
  appeal: string | null;
  register: RegisterCheck | null;
  /** The one that this renews. */
  renewsId: Types.ObjectId | null;
  /** The verified one that renews this. */
  renewedById: Types.ObjectId | null;
  /** A renewal of it is under review. */
  renewalUnderWay: boolean;
  createdAt: Date;
}

/** A number is one person's as long as the certificate lives or lived; a renewal keeps its number. */
export const NUMBER_HELD = [
  'claimed',
  'under_review',
  'needs_correction',
  'first_pass',
  'valid',
  'expiring',
  'suspended',
  'expired',
  'renewed',
  'appealed',
];

const embedded = { _id: false, strict: 'throw' } as const;

const credentialSchema = new Schema({
  ...tenantFields,
  ...stateFields(credentialLifecycle.states),
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  // A path called `type` needs this form: Mongoose would read `type: String` as the type of the parent.
  type: { type: String, required: true },
  level: { type: String, default: '' },
  covers: { type: [String], default: [] },
  gives: {
    type: [
      new Schema(
        { code: { type: String, required: true }, level: { type: Number, required: true } },
        embedded,
      ),
    ],
    default: [],
  },
  number: { type: String, default: '' },
  issuer: { type: String, default: '' },
  issuedOn: { type: String, required: true },
  validFrom: { type: String, required: true },
  validTo: { type: String, default: null },
  windowMonths: { type: Number, required: true, default: 3 },
  dueOn: { type: String, default: null },
  firstReviewerId: { type: Schema.Types.ObjectId, default: null },
  finalReviewerId: { type: Schema.Types.ObjectId, default: null },
  refusedBy: { type: [Schema.Types.ObjectId], default: [] },
  appeal: { type: String, default: null },
  register: {
    type: new Schema(
      {
        state: { type: String, enum: [...REGISTER_STATES], required: true },
        seenOn: { type: String, required: true },
        by: { type: Schema.Types.ObjectId, required: true },
        at: { type: Date, required: true },
      },
      embedded,
    ),
    default: null,
  },
  renewsId: { type: Schema.Types.ObjectId, default: null },
  renewedById: { type: Schema.Types.ObjectId, default: null },
  renewalUnderWay: { type: Boolean, default: false },
  createdAt: { type: Date, required: true },
});
credentialSchema.index({ tenantId: 1, personId: 1, state: 1 });
credentialSchema.index({ tenantId: 1, personId: 1, createdAt: -1, _id: -1 });
credentialSchema.index({ tenantId: 1, state: 1, createdAt: 1, _id: 1 });
credentialSchema.index({ tenantId: 1, type: 1, state: 1, personId: 1 });
credentialSchema.index(
  { tenantId: 1, type: 1, number: 1, renewsId: 1 },
  { unique: true, partialFilterExpression: { state: { $in: NUMBER_HELD }, number: { $gt: '' } } },
);
// One renewal of each at a time; a refused one leaves room for the next.
credentialSchema.index(
  { tenantId: 1, renewsId: 1 },
  {
    unique: true,
    partialFilterExpression: { state: { $in: NUMBER_HELD }, renewsId: { $type: 'objectId' } },
  },
);
// What time changes, in whatever tenant.
credentialSchema.index({ dueOn: 1 }, { partialFilterExpression: { dueOn: { $type: 'string' } } });

export const CredentialModel = tenantModel<CredentialRow>('Credential', credentialSchema);

/** A type that a tenant added to the catalogue, or its own version of one that comes with Linli; read as JSON and checked. */
export interface CredentialTypeRow extends TenantRow {
  code: string;
  /** As the schema of the catalogue gives them. */
  rules: string;
  version: number;
}

const typeSchema = new Schema({
  ...tenantFields,
  code: { type: String, required: true },
  rules: { type: String, required: true },
  version: { type: Number, required: true, default: 1 },
});
typeSchema.index({ tenantId: 1, code: 1 }, { unique: true });

export const CredentialTypeModel = tenantModel<CredentialTypeRow>('CredentialType', typeSchema);
