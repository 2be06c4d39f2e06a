import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

/**
 * A registration as a social worker that is looked after: when its holder is reminded next, and where they stood when all
 * were evaluated last. Made when a certificate is verified; dates `YYYY-MM-DD`, minutes whole.
 */
export interface RegistrationWatchRow extends TenantRow {
  credentialId: Types.ObjectId;
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  unitId: Types.ObjectId;
  personName: string;
  level: string;
  validFrom: string;
  validTo: string;
  /** Day of the next reminder; null when none is to come. */
  remindOn: string | null;
  /** Days before the end whose reminder went out. */
  reminded: number[];
  evaluatedOn: string | null;
  totalMinutes: number | null;
  requiredMinutes: number | null;
  missingMinutes: number | null;
  eligibleFrom: string | null;
  canApply: boolean;
  createdAt: Date;
}

const watchSchema = new Schema({
  ...tenantFields,
  credentialId: { type: Schema.Types.ObjectId, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  level: { type: String, required: true },
  validFrom: { type: String, required: true },
  validTo: { type: String, required: true },
  remindOn: { type: String, default: null },
  reminded: { type: [Number], default: [] },
  evaluatedOn: { type: String, default: null },
  totalMinutes: { type: Number, default: null },
  requiredMinutes: { type: Number, default: null },
  missingMinutes: { type: Number, default: null },
  eligibleFrom: { type: String, default: null },
  canApply: { type: Boolean, required: true, default: false },
  createdAt: { type: Date, required: true },
});
watchSchema.index({ tenantId: 1, credentialId: 1 }, { unique: true });
watchSchema.index({ tenantId: 1, _id: 1 });
watchSchema.index({ tenantId: 1, validTo: 1, _id: 1 });
watchSchema.index({ tenantId: 1, personId: 1, validFrom: -1 });
// Whom to remind, in whatever tenant.
watchSchema.index({ remindOn: 1 }, { partialFilterExpression: { remindOn: { $type: 'string' } } });

export const RegistrationWatchModel = tenantModel<RegistrationWatchRow>('RegistrationWatch', watchSchema);

/** One evaluation of everybody, with how far it has come; taken up again where it stopped. */
export interface EvaluationRunRow extends TenantRow {
  state: 'running' | 'done';
  /** Local date whose rules and entries it asks. */
  on: string;
  total: number;
  done: number;
  /** The last row that was evaluated; null at the beginning. */
  cursor: Types.ObjectId | null;
  canApply: number;
  behind: number;
  requestedBy: Types.ObjectId | null;
  startedAt: Date;
  finishedAt: Date | null;
}

const runSchema = new Schema({
  ...tenantFields,
  state: { type: String, enum: ['running', 'done'], required: true },
  on: { type: String, required: true },
  total: { type: Number, required: true },
  done: { type: Number, required: true, default: 0 },
  cursor: { type: Schema.Types.ObjectId, default: null },
  canApply: { type: Number, required: true, default: 0 },
  behind: { type: Number, required: true, default: 0 },
  requestedBy: { type: Schema.Types.ObjectId, default: null },
  startedAt: { type: Date, required: true },
  finishedAt: { type: Date, default: null },
});
// One at a time in a tenant.
runSchema.index({ tenantId: 1, state: 1 }, { unique: true, partialFilterExpression: { state: 'running' } });
runSchema.index({ tenantId: 1, startedAt: -1 });
// The sweep looks for what is under way in every tenant.
runSchema.index({ state: 1 }, { partialFilterExpression: { state: 'running' } });

export const EvaluationRunModel = tenantModel<EvaluationRunRow>('EvaluationRun', runSchema);
