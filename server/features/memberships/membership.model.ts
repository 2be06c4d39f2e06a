import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { ROLES } from '../../core/permissions.ts';
import type { Role } from '../../core/permissions.ts';
import { membershipLifecycle } from '../../core/states.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

export const MEMBERSHIP_KINDS = ['volunteer', 'social-worker', 'community-worker', 'staff'] as const;
export type MembershipKind = (typeof MEMBERSHIP_KINDS)[number];

/** A role on a unit; it holds for everything below that unit, inside this tenant only. */
export interface Grant {
  role: Role;
  unitId: Types.ObjectId;
  grantedBy: Types.ObjectId | null;
  grantedAt: Date;
}

export interface VerifiedSkill {
  code: string;
  level: number;
  verifiedBy: Types.ObjectId;
  verifiedAt: Date;
}

/** What a tenant sees of a person. */
export interface MembershipRow extends TenantRow, StateRow {
  personId: Types.ObjectId;
  accountId: Types.ObjectId | null;
  unitId: Types.ObjectId;
  kind: MembershipKind;
  grants: Grant[];
  verifiedSkills: VerifiedSkill[];
  notes: string;
  /** Why the person wants to join, in their words. */
  motivation: string;
  firstReviewerId: Types.ObjectId | null;
  /** The account whose join link the person came by. */
  invitedBy?: Types.ObjectId | null;
  /** Copy of the person's name for lists, kept in step by the people feature. */
  personName: string;
  /** Lower-case parts, pinyin and initials of the name, for prefix search without a regular expression over texts. */
  searchKeys: string[];
  /** Since when the places ahead of somebody whose membership stopped are to be freed; null of everybody else. */
  releaseAt?: Date | null;
  createdAt: Date;
}

/** A row as lists read it. */
export type ListedMembership = Omit<MembershipRow, 'searchKeys'>;

const embedded = { _id: false, strict: 'throw' } as const;

const membershipSchema = new Schema({
  ...tenantFields,
  ...stateFields(membershipLifecycle.states),
  personId: { type: Schema.Types.ObjectId, required: true },
  accountId: { type: Schema.Types.ObjectId, default: null },
  unitId: { type: Schema.Types.ObjectId, required: true },
  kind: { type: String, enum: [...MEMBERSHIP_KINDS], required: true },
  grants: {
    type: [
      new Schema(
        {
          role: { type: String, enum: [...ROLES], required: true },
          unitId: { type: Schema.Types.ObjectId, required: true },
          grantedBy: { type: Schema.Types.ObjectId, default: null },
          grantedAt: { type: Date, required: true },
        },
        embedded,
      ),
    ],
    default: [],
  },
  verifiedSkills: {
    type: [
      new Schema(
        {
          code: { type: String, required: true },
          level: { type: Number, required: true },
          verifiedBy: { type: Schema.Types.ObjectId, required: true },
          verifiedAt: { type: Date, required: true },
        },
        embedded,
      ),
    ],
    default: [],
  },
  notes: { type: String, default: '' },
  motivation: { type: String, default: '' },
  firstReviewerId: { type: Schema.Types.ObjectId, default: null },
  invitedBy: { type: Schema.Types.ObjectId, default: null },
  personName: { type: String, required: true },
  searchKeys: { type: [String], default: [] },
  releaseAt: { type: Date, default: null },
  createdAt: { type: Date, required: true },
});
// One membership of a person in a tenant; ended and refused ones stay as history.
membershipSchema.index(
  { tenantId: 1, personId: 1 },
  {
    unique: true,
    partialFilterExpression: {
      state: { $in: ['draft', 'submitted', 'needs_correction', 'first_review', 'approved', 'suspended'] },
    },
  },
);
membershipSchema.index({ tenantId: 1, personId: 1, _id: -1 });
// Who may do something over a unit; few members have a grant at all.
membershipSchema.index(
  { tenantId: 1, 'grants.unitId': 1, _id: 1 },
  { partialFilterExpression: { 'grants.unitId': { $type: 'objectId' } } },
);
// The list of members by each of its filters, newest first.
membershipSchema.index({ tenantId: 1, _id: 1 });
membershipSchema.index({ tenantId: 1, state: 1, _id: 1 });
membershipSchema.index({ tenantId: 1, kind: 1, _id: 1 });
membershipSchema.index({ tenantId: 1, state: 1, unitId: 1, _id: 1 });
membershipSchema.index({ tenantId: 1, unitId: 1, _id: 1 });
membershipSchema.index({ tenantId: 1, searchKeys: 1, _id: 1 });
// Identity: all places of one account in one read, whichever tenant (reviewed exception to "tenantId first").
membershipSchema.index({ accountId: 1 });
// The sweep that frees places of those whose membership stopped looks across tenants.
membershipSchema.index({ releaseAt: 1 }, { partialFilterExpression: { releaseAt: { $type: 'date' } } });

export const MembershipModel = tenantModel<MembershipRow>('Membership', membershipSchema);
