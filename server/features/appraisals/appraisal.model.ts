import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { appraisalLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { COMPLETIONS, FEEDBACKS, QUALITIES } from './appraisal.rules.ts';
import type { Said } from './appraisal.rules.ts';

/** What is, or is to be, said of one person's service on one place of a shift; due from the moment they left. */
export interface AppraisalRow extends TenantRow, StateRow, Omit<Said, 'quality'> {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  personName: string;
  unitId: Types.ObjectId;
  shiftId: Types.ObjectId;
  assignmentId: Types.ObjectId;
  /** What was done, when: the activity as its hours record has it. */
  title: string;
  startsAt: Date;
  endsAt: Date;
  /** Null until it is said. */
  quality: Said['quality'] | null;
  appraisedByPersonId: Types.ObjectId | null;
  /** The evaluation date of, a local day. */
  appraisedOn: string | null;
  /** Last local day on which it is said in time, or on which what is contested is answered. */
  dueOn: string;
  /** Working days of the clock that runs, and the local day after which they count. */
  days: number;
  begunOn: string;
  /** It was said after its last day. */
  late: boolean;
  remindAt: Date | null;
  /** What the person says is wrong with it; empty for nothing. */
  contest: string;
  /** What the person was told then. */
  answer: string;
  createdAt: Date;
}

const appraisalSchema = new Schema({
  ...tenantFields,
  ...stateFields(appraisalLifecycle.states),
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  shiftId: { type: Schema.Types.ObjectId, required: true },
  assignmentId: { type: Schema.Types.ObjectId, required: true },
  title: { type: String, required: true },
  startsAt: { type: Date, required: true },
  endsAt: { type: Date, required: true },
  quality: { type: String, enum: [...QUALITIES, null], default: null },
  completion: { type: String, enum: [...COMPLETIONS, null], default: null },
  note: { type: String, default: '' },
  feedback: { type: String, enum: [...FEEDBACKS, null], default: null },
  feedbackText: { type: String, default: '' },
  appraisedByPersonId: { type: Schema.Types.ObjectId, default: null },
  appraisedOn: { type: String, default: null },
  dueOn: { type: String, required: true },
  days: { type: Number, required: true },
  begunOn: { type: String, required: true },
  late: { type: Boolean, default: false },
  remindAt: { type: Date, default: null },
  contest: { type: String, default: '' },
  answer: { type: String, default: '' },
  createdAt: { type: Date, required: true },
});
// One for a place: a second check-out, or a second writer, finds it.
appraisalSchema.index({ tenantId: 1, assignmentId: 1 }, { unique: true });
appraisalSchema.index({ tenantId: 1, shiftId: 1, _id: 1 });
appraisalSchema.index({ tenantId: 1, personId: 1, startsAt: -1, _id: -1 });
appraisalSchema.index({ tenantId: 1, state: 1, dueOn: 1, shiftId: 1, _id: 1 });
// What is to be remembered, in whatever tenant.
appraisalSchema.index({ remindAt: 1, _id: 1 }, { partialFilterExpression: { remindAt: { $type: 'date' } } });

export const AppraisalModel = tenantModel<AppraisalRow>('Appraisal', appraisalSchema);
