import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

/** How a tenant weighed from a moment on: rows are only added, so what a plan or an offer was weighed by can be read later. */
export interface WeightsRow extends TenantRow {
  version: number;
  weights: Record<string, number>;
  off: string[];
  dailyCapMinutes: number;
  weeklyCapMinutes: number;
  restMinutes: number;
  reachMetres: number;
  setBy: Types.ObjectId;
  setAt: Date;
}

const weightsSchema = new Schema({
  ...tenantFields,
  version: { type: Number, required: true },
  weights: { type: Schema.Types.Mixed, required: true },
  off: { type: [String], default: [] },
  dailyCapMinutes: { type: Number, required: true },
  weeklyCapMinutes: { type: Number, required: true },
  restMinutes: { type: Number, required: true },
  reachMetres: { type: Number, required: true },
  setBy: { type: Schema.Types.ObjectId, required: true },
  setAt: { type: Date, required: true },
});
// Each version once: of two who change at once, one sees the other.
weightsSchema.index({ tenantId: 1, version: -1 }, { unique: true });

export const WeightsModel = tenantModel<WeightsRow>('MatchingWeights', weightsSchema);

/** Somebody decided that a person does not serve here, or not this request; it holds until it is lifted. */
export interface ExclusionRow extends TenantRow {
  personId: Types.ObjectId;
  /** Null: nothing of the tenant. */
  requestId: Types.ObjectId | null;
  /** Told to the person and to those who may exclude, to nobody else. */
  reason: string;
  /** The person asked for it. */
  own: boolean;
  setBy: Types.ObjectId;
  setAt: Date;
  liftedBy: Types.ObjectId | null;
  liftedAt: Date | null;
}

const exclusionSchema = new Schema({
  ...tenantFields,
  personId: { type: Schema.Types.ObjectId, required: true },
  requestId: { type: Schema.Types.ObjectId, default: null },
  reason: { type: String, required: true },
  own: { type: Boolean, required: true, default: false },
  setBy: { type: Schema.Types.ObjectId, required: true },
  setAt: { type: Date, required: true },
  liftedBy: { type: Schema.Types.ObjectId, default: null },
  liftedAt: { type: Date, default: null },
});
exclusionSchema.index({ tenantId: 1, personId: 1, _id: -1 });
// One that holds per person and request, however many press at once.
exclusionSchema.index(
  { tenantId: 1, personId: 1, requestId: 1 },
  { unique: true, partialFilterExpression: { liftedAt: null } },
);
// The list of what holds, newest first.
exclusionSchema.index({ tenantId: 1, liftedAt: 1, _id: -1 });

export const ExclusionModel = tenantModel<ExclusionRow>('Exclusion', exclusionSchema);

export const OBJECTION_ABOUT = ['reliability', 'exclusion', 'score'] as const;

/** What somebody says against how they are matched, and what a person answered. */
export interface ObjectionRow extends TenantRow {
  personId: Types.ObjectId;
  about: (typeof OBJECTION_ABOUT)[number];
  text: string;
  madeAt: Date;
  answer: string | null;
  answeredBy: Types.ObjectId | null;
  answeredAt: Date | null;
}

const objectionSchema = new Schema({
  ...tenantFields,
  personId: { type: Schema.Types.ObjectId, required: true },
  about: { type: String, enum: [...OBJECTION_ABOUT], required: true },
  text: { type: String, required: true },
  madeAt: { type: Date, required: true },
  answer: { type: String, default: null },
  answeredBy: { type: Schema.Types.ObjectId, default: null },
  answeredAt: { type: Date, default: null },
});
objectionSchema.index({ tenantId: 1, personId: 1, _id: -1 });
// What waits for an answer, oldest first.
objectionSchema.index({ tenantId: 1, answeredAt: 1, _id: 1 });

export const ObjectionModel = tenantModel<ObjectionRow>('Objection', objectionSchema);
