import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { creditLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { DIMENSIONS } from './credit.catalogue.ts';

/**
 * Something that a person learned: elsewhere, claimed and reviewed, or in a training session of ours, posted with its result. Raw minutes: what they count is evaluated, never
 * stored. Once posted nothing of it changes; a mistake is taken back by a reversal and claimed anew.
 */
export interface CreditRow extends TenantRow, StateRow {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  unitId: Types.ObjectId;
  personName: string;
  title: string;
  host: string;
  activity: string;
  dimension: (typeof DIMENSIONS)[number];
  category: string;
  mode: string;
  /** Day on which it was completed, `YYYY-MM-DD`. */
  date: string;
  minutes: number;
  quantity: number | null;
  /** Evidence that the person says there is; after a review, what the reviewer has seen. */
  evidence: string[];
  reviewerId: Types.ObjectId | null;
  reviewerPersonId: Types.ObjectId | null;
  postedAt: Date | null;
  /** The enrolment in one of our own training sessions that it comes from; null for what was claimed. */
  enrolmentId?: Types.ObjectId | null;
  createdAt: Date;
}

const creditSchema = new Schema({
  ...tenantFields,
  ...stateFields(creditLifecycle.states),
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  title: { type: String, required: true },
  host: { type: String, default: '' },
  activity: { type: String, required: true },
  dimension: { type: String, enum: [...DIMENSIONS], required: true },
  category: { type: String, default: '' },
  mode: { type: String, default: '' },
  date: { type: String, required: true },
  minutes: { type: Number, required: true },
  quantity: { type: Number, default: null },
  evidence: { type: [String], default: [] },
  reviewerId: { type: Schema.Types.ObjectId, default: null },
  reviewerPersonId: { type: Schema.Types.ObjectId, default: null },
  postedAt: { type: Date, default: null },
  enrolmentId: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
creditSchema.index({ tenantId: 1, personId: 1, date: -1 });
creditSchema.index({ tenantId: 1, state: 1, createdAt: 1, _id: 1 });
// One certificate is claimed once: the same thing on the same day lives in one claim.
creditSchema.index(
  { tenantId: 1, personId: 1, date: 1, title: 1 },
  {
    unique: true,
    partialFilterExpression: { state: { $in: ['submitted', 'needs_correction', 'posted'] } },
  },
);
// What somebody learned in a session of ours counts once.
creditSchema.index(
  { tenantId: 1, enrolmentId: 1 },
  { unique: true, partialFilterExpression: { state: 'posted', enrolmentId: { $type: 'objectId' } } },
);

export const CreditModel = tenantModel<CreditRow>('Credit', creditSchema);

/** A version that a tenant added to a programme, or the first of one of its own. Never changed; read as JSON and checked. */
export interface ProgrammeVersionRow extends TenantRow {
  name: string;
  /** 1, 2, 3 … among the tenant's own versions of the programme. */
  number: number;
  /** The rules as the schema gives them, in JSON: names of categories may be any text. */
  rules: string;
  publishedBy: Types.ObjectId;
  publishedAt: Date;
}

const versionSchema = new Schema({
  ...tenantFields,
  name: { type: String, required: true },
  number: { type: Number, required: true },
  rules: { type: String, required: true },
  publishedBy: { type: Schema.Types.ObjectId, required: true },
  publishedAt: { type: Date, required: true },
});
versionSchema.index({ tenantId: 1, name: 1, number: 1 }, { unique: true });

export const ProgrammeVersionModel = tenantModel<ProgrammeVersionRow>('ProgrammeVersion', versionSchema);
