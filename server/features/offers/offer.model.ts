import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { offerLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';

/** What is offered: a place on a shift's position, or in a training session. */
export const OFFER_SUBJECTS = ['position', 'session'] as const;
export type OfferSubject = (typeof OFFER_SUBJECTS)[number];

/** One offer to one person, with a deadline (`dueAt`) and a next in line. */
export interface OfferRow extends TenantRow, StateRow {
  subjectType: OfferSubject;
  subjectId: Types.ObjectId;
  unitId: Types.ObjectId;
  /** The assignment that answers to an offer of a position, or null. */
  assignmentId: Types.ObjectId | null;
  /** The enrolment that answers to an offer of a session, or null. */
  enrolmentId?: Types.ObjectId | null;
  personId: Types.ObjectId;
  origin: 'coordinator' | 'waitlist' | 'replacement' | 'plan';
  /** A waitlist offer keeps the seat for its person until the deadline; all others race for it. */
  holdsSeat: boolean;
  wave: number;
  openedAt: Date | null;
  dueAt: Date;
  note: string;
  madeBy: Types.ObjectId | null;
}

const offerSchema = new Schema({
  ...tenantFields,
  ...stateFields(offerLifecycle.states),
  subjectType: { type: String, enum: [...OFFER_SUBJECTS], required: true },
  subjectId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  assignmentId: { type: Schema.Types.ObjectId, default: null },
  enrolmentId: { type: Schema.Types.ObjectId, default: null },
  personId: { type: Schema.Types.ObjectId, required: true },
  origin: { type: String, enum: ['coordinator', 'waitlist', 'replacement', 'plan'], required: true },
  holdsSeat: { type: Boolean, required: true },
  wave: { type: Number, required: true, default: 1 },
  openedAt: { type: Date, default: null },
  dueAt: { type: Date, required: true },
  note: { type: String, default: '' },
  madeBy: { type: Schema.Types.ObjectId, default: null },
});
offerSchema.index({ tenantId: 1, subjectType: 1, subjectId: 1, state: 1, _id: 1 });
offerSchema.index(
  { tenantId: 1, assignmentId: 1 },
  {
    unique: true,
    partialFilterExpression: { state: { $in: ['queued', 'open'] }, assignmentId: { $type: 'objectId' } },
  },
);
offerSchema.index(
  { tenantId: 1, enrolmentId: 1 },
  {
    unique: true,
    partialFilterExpression: { state: { $in: ['queued', 'open'] }, enrolmentId: { $type: 'objectId' } },
  },
);
offerSchema.index({ tenantId: 1, personId: 1, state: 1, dueAt: 1 });
// The sweep that expires offers looks across tenants.
offerSchema.index({ dueAt: 1 }, { partialFilterExpression: { state: 'open' } });

export const OfferModel = tenantModel<OfferRow>('Offer', offerSchema);
