import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { poolLifecycle } from '../../core/states.ts';
import { localTextField } from '../../db/fields.ts';
import type { LocalText } from '../../db/fields.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';

/** People whom a department recognises for one thing: mediators, crisis counsellors, an emergency roster. */
export interface TalentPoolRow extends TenantRow {
  name: LocalText;
  purpose: string;
  /** Who must pass what, in JSON as the schema of the rules gives it. */
  rules: string;
  /** Months for which a certification holds; null without end. */
  validMonths: number | null;
  windowMonths: number;
  /** Whoever passes is proposed by itself. */
  proposes: boolean;
  /** Members may apply. */
  open: boolean;
  /** When the next look for people to propose is due; null for none. */
  proposeAt: Date | null;
  active: boolean;
  version: number;
  createdBy: Types.ObjectId | null;
  createdAt: Date;
}

const poolSchema = new Schema({
  ...tenantFields,
  name: localTextField,
  purpose: { type: String, default: '' },
  rules: { type: String, required: true },
  validMonths: { type: Number, default: null },
  windowMonths: { type: Number, required: true, default: 1 },
  proposes: { type: Boolean, required: true, default: true },
  open: { type: Boolean, required: true, default: true },
  proposeAt: { type: Date, default: null },
  active: { type: Boolean, required: true, default: true },
  version: { type: Number, required: true, default: 1 },
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
poolSchema.index({ tenantId: 1, active: -1, _id: 1 });
// The sweep looks for what is due in every tenant.
poolSchema.index({ proposeAt: 1 }, { partialFilterExpression: { proposeAt: { $type: 'date' } } });

export const TalentPoolModel = tenantModel<TalentPoolRow>('TalentPool', poolSchema);

/** Which rule passed on which fact when somebody decided, and who did. */
export interface PoolDecision {
  at: Date;
  /** The state it led to. */
  step: string;
  accountId: Types.ObjectId | null;
  passed: boolean;
  /** What each rule came to, in JSON: names of facts may be any text. */
  findings: string;
}

/** One person in one pool, from the proposal to the end; dates `YYYY-MM-DD`. */
export interface PoolMemberRow extends TenantRow, StateRow {
  poolId: Types.ObjectId;
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  unitId: Types.ObjectId;
  personName: string;
  validFrom: string | null;
  /** Last day, inclusive; null when it has no end. */
  validTo: string | null;
  dueOn: string | null;
  firstReviewerId: Types.ObjectId | null;
  finalReviewerId: Types.ObjectId | null;
  refusedBy: Types.ObjectId[];
  appeal: string | null;
  /** The officer who gave the first word on a renewal; the second renews it. */
  renewalBy: Types.ObjectId | null;
  /** The person agreed that other organisations of the area see the certification. */
  shared: boolean;
  decisions: PoolDecision[];
  createdAt: Date;
}

/** States in which somebody is in the pool or on the way: one of these per pool and person. */
export const LIVE_STATES = [
  'proposed',
  'applied',
  'first_pass',
  'appealed',
  'certified',
  'expiring',
  'suspended',
] as const;

const memberSchema = new Schema({
  ...tenantFields,
  ...stateFields(poolLifecycle.states),
  poolId: { type: Schema.Types.ObjectId, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  validFrom: { type: String, default: null },
  validTo: { type: String, default: null },
  dueOn: { type: String, default: null },
  firstReviewerId: { type: Schema.Types.ObjectId, default: null },
  finalReviewerId: { type: Schema.Types.ObjectId, default: null },
  refusedBy: { type: [Schema.Types.ObjectId], default: [] },
  appeal: { type: String, default: null },
  renewalBy: { type: Schema.Types.ObjectId, default: null },
  shared: { type: Boolean, required: true, default: false },
  decisions: {
    type: [
      new Schema(
        {
          at: { type: Date, required: true },
          step: { type: String, required: true },
          accountId: { type: Schema.Types.ObjectId, default: null },
          passed: { type: Boolean, required: true },
          findings: { type: String, required: true },
        },
        { _id: false, strict: 'throw' },
      ),
    ],
    default: [],
  },
  createdAt: { type: Date, required: true },
});
memberSchema.index(
  { tenantId: 1, poolId: 1, personId: 1 },
  { unique: true, partialFilterExpression: { state: { $in: [...LIVE_STATES] } } },
);
memberSchema.index({ tenantId: 1, poolId: 1, state: 1, personName: 1, _id: 1 });
memberSchema.index({ tenantId: 1, poolId: 1, personName: 1, _id: 1 });
memberSchema.index({ tenantId: 1, personId: 1, state: 1 });
memberSchema.index({ tenantId: 1, state: 1, createdAt: 1, _id: 1 });
// What time changes, in whatever tenant.
memberSchema.index({ dueOn: 1 }, { partialFilterExpression: { dueOn: { $type: 'string' } } });
// What people agreed to show to neighbouring organisations.
memberSchema.index({ shared: 1, _id: 1 }, { partialFilterExpression: { shared: true } });

export const PoolMemberModel = tenantModel<PoolMemberRow>('PoolMember', memberSchema);
