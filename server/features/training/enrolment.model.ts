import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { trainingLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { AHEAD_STATES, LIVE_STATES } from './training.catalogue.ts';

/** How it is known that somebody was there. */
export interface TrainingMark {
  at: Date;
  method: 'code' | 'instructor';
  by: Types.ObjectId | null;
}

export interface Feedback {
  rating: number;
  text: string;
  at: Date;
}

/** One person in one session, in whatever state. */
export interface EnrolmentRow extends TenantRow, StateRow {
  sessionId: Types.ObjectId;
  courseId: Types.ObjectId;
  unitId: Types.ObjectId;
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  personName: string;
  startsAt: Date;
  endsAt: Date;
  waitSeq: number | null;
  offerId: Types.ObjectId | null;
  attendance: TrainingMark | null;
  /** 0–100; null where the course has no pass mark, or nobody assessed yet. */
  score: number | null;
  assessedBy: Types.ObjectId | null;
  assessedByPersonId: Types.ObjectId | null;
  /** Local date on which it was passed, until which it counts. */
  passedOn: string | null;
  validTo: string | null;
  /** The posted credit entry. */
  creditId: Types.ObjectId | null;
  feedback: Feedback | null;
  /** Why a plan asked this person: codes and what they are about; empty for whoever came by themselves. */
  why: { code: string; params: Record<string, string | number> }[];
  createdAt: Date;
}

const embedded = { _id: false, strict: 'throw' } as const;

const enrolmentSchema = new Schema({
  ...tenantFields,
  ...stateFields(trainingLifecycle.states),
  sessionId: { type: Schema.Types.ObjectId, required: true },
  courseId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  startsAt: { type: Date, required: true },
  endsAt: { type: Date, required: true },
  waitSeq: { type: Number, default: null },
  offerId: { type: Schema.Types.ObjectId, default: null },
  attendance: {
    type: new Schema(
      {
        at: { type: Date, required: true },
        method: { type: String, enum: ['code', 'instructor'], required: true },
        by: { type: Schema.Types.ObjectId, default: null },
      },
      embedded,
    ),
    default: null,
  },
  score: { type: Number, default: null },
  assessedBy: { type: Schema.Types.ObjectId, default: null },
  assessedByPersonId: { type: Schema.Types.ObjectId, default: null },
  passedOn: { type: String, default: null },
  validTo: { type: String, default: null },
  creditId: { type: Schema.Types.ObjectId, default: null },
  feedback: {
    type: new Schema(
      {
        rating: { type: Number, required: true },
        text: { type: String, default: '' },
        at: { type: Date, required: true },
      },
      embedded,
    ),
    default: null,
  },
  why: { type: [Schema.Types.Mixed], default: [] },
  createdAt: { type: Date, required: true },
});
// One live enrolment per person and session: the database, not the service, wins the race.
enrolmentSchema.index(
  { tenantId: 1, sessionId: 1, personId: 1 },
  { unique: true, partialFilterExpression: { state: { $in: [...LIVE_STATES] } } },
);
enrolmentSchema.index({ tenantId: 1, sessionId: 1, state: 1, waitSeq: 1 });
enrolmentSchema.index({ tenantId: 1, personId: 1, startsAt: -1, _id: -1 });
enrolmentSchema.index({ tenantId: 1, personId: 1, courseId: 1, state: 1 });
enrolmentSchema.index({ tenantId: 1, courseId: 1, state: 1 });
// What a person has ahead, in whatever tenant (reviewed exception to "tenantId first").
enrolmentSchema.index(
  { personId: 1, endsAt: 1 },
  { partialFilterExpression: { state: { $in: [...AHEAD_STATES] } } },
);

export const EnrolmentModel = tenantModel<EnrolmentRow>('Enrolment', enrolmentSchema);
