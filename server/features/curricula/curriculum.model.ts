import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { LEARNER_ROLES } from '../training/index.ts';
import type { LearnerRole } from '../training/index.ts';

/** A version of what one part is to learn. Only added, never changed. */
export interface CurriculumVersionRow extends TenantRow {
  role: LearnerRole;
  /** 1, 2, 3 … of the part. */
  number: number;
  /** Local date from which it holds, `YYYY-MM-DD`. */
  effectiveFrom: string;
  courseIds: Types.ObjectId[];
  withinMonths: number;
  publishedBy: Types.ObjectId | null;
  publishedAt: Date;
}

const versionSchema = new Schema({
  ...tenantFields,
  role: { type: String, enum: [...LEARNER_ROLES], required: true },
  number: { type: Number, required: true },
  effectiveFrom: { type: String, required: true },
  courseIds: { type: [Schema.Types.ObjectId], default: [] },
  withinMonths: { type: Number, required: true },
  publishedBy: { type: Schema.Types.ObjectId, default: null },
  publishedAt: { type: Date, required: true },
});
// The next number of a part is published once: the database, not the service, wins the race.
versionSchema.index({ tenantId: 1, role: 1, number: 1 }, { unique: true });

export const CurriculumVersionModel = tenantModel<CurriculumVersionRow>('CurriculumVersion', versionSchema);

/** Which parts somebody plays that no certificate and no membership tells. */
export interface LearnerRow extends TenantRow {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  unitId: Types.ObjectId;
  roles: LearnerRole[];
  version: number;
  /** The account that said so last: the person's own, or an officer's. */
  setBy: Types.ObjectId | null;
  /** When the first part was taken on. */
  since: Date;
  setAt: Date;
}

const learnerSchema = new Schema({
  ...tenantFields,
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  roles: { type: [{ type: String, enum: [...LEARNER_ROLES] }], default: [] },
  version: { type: Number, required: true, default: 1 },
  setBy: { type: Schema.Types.ObjectId, default: null },
  since: { type: Date, required: true },
  setAt: { type: Date, required: true },
});
learnerSchema.index({ tenantId: 1, personId: 1 }, { unique: true });
learnerSchema.index({ tenantId: 1, roles: 1 });

export const LearnerModel = tenantModel<LearnerRow>('Learner', learnerSchema);
