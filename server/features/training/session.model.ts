import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { sessionLifecycle } from '../../core/states.ts';
import { placeField } from '../../db/fields.ts';
import type { Place } from '../../db/fields.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { DIMENSIONS } from '../credits/index.ts';
import { SESSION_ADMISSIONS, TRACKS } from './training.catalogue.ts';
import type { SessionAdmission, Track } from './training.catalogue.ts';

export interface Instructor {
  personId: Types.ObjectId;
  name: string;
}

/** One date of a course: when, where, who teaches, how many may come. */
export interface SessionRow extends TenantRow, StateRow {
  courseId: Types.ObjectId;
  unitId: Types.ObjectId;
  /** Copies of the course's words and terms: what was announced is what counts, however the course changes. */
  title: string;
  dimension: (typeof DIMENSIONS)[number];
  tracks: Track[];
  category: string;
  mode: string;
  minutes: number;
  passMark: number | null;
  host: string;
  place: Place;
  onlineUrl: string;
  startsAt: Date;
  endsAt: Date;
  /** Until when one may sign up. */
  enrolUntil: Date;
  capacity: number;
  admission: SessionAdmission;
  instructors: Instructor[];
  /** Seats that are taken or held by an open waitlist offer. Only guarded updates change it: taken ≤ capacity. */
  taken: number;
  /** When whoever has a place is reminded; null when that was done, or is not to be. */
  remindAt: Date | null;
  /** Last number drawn in the waitlist. */
  waitSeq: number;
  /** Sessions that repeat one share it. */
  seriesId: Types.ObjectId | null;
  createdBy: Types.ObjectId | null;
  createdAt: Date;
}

const embedded = { _id: false, strict: 'throw' } as const;

/** People who teach, with the names they had when they were entered. */
export const instructorsField = {
  type: [
    new Schema(
      { personId: { type: Schema.Types.ObjectId, required: true }, name: { type: String, required: true } },
      embedded,
    ),
  ],
  default: [],
};

const sessionSchema = new Schema({
  ...tenantFields,
  ...stateFields(sessionLifecycle.states),
  courseId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  title: { type: String, required: true },
  dimension: { type: String, enum: [...DIMENSIONS], required: true },
  tracks: { type: [{ type: String, enum: [...TRACKS] }], required: true },
  category: { type: String, default: '' },
  mode: { type: String, default: '' },
  minutes: { type: Number, required: true },
  passMark: { type: Number, default: null },
  host: { type: String, default: '' },
  place: { ...placeField, required: true },
  onlineUrl: { type: String, default: '' },
  startsAt: { type: Date, required: true },
  endsAt: { type: Date, required: true },
  enrolUntil: { type: Date, required: true },
  capacity: { type: Number, required: true },
  admission: { type: String, enum: [...SESSION_ADMISSIONS], required: true, default: 'direct' },
  instructors: instructorsField,
  taken: { type: Number, required: true, default: 0 },
  remindAt: { type: Date, default: null },
  waitSeq: { type: Number, required: true, default: 0 },
  seriesId: { type: Schema.Types.ObjectId, default: null },
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
sessionSchema.index({ tenantId: 1, state: 1, startsAt: 1, _id: 1 });
sessionSchema.index({ tenantId: 1, startsAt: 1, _id: 1 });
sessionSchema.index({ tenantId: 1, state: 1, dimension: 1, startsAt: 1, _id: 1 });
sessionSchema.index({ tenantId: 1, courseId: 1, startsAt: 1, _id: 1 });
sessionSchema.index({ tenantId: 1, 'instructors.personId': 1, startsAt: 1, _id: 1 });
// The sweep that reminds looks across tenants.
sessionSchema.index({ remindAt: 1 }, { partialFilterExpression: { remindAt: { $type: 'date' } } });
// The sweep that closes what is long over looks across tenants.
sessionSchema.index({ endsAt: 1 }, { partialFilterExpression: { state: 'published' } });

export const SessionModel = tenantModel<SessionRow>('TrainingSession', sessionSchema);
