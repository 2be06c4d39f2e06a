import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { courseLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { CATEGORIES, DIMENSIONS, MODES } from '../credits/index.ts';
import { TRACKS } from './training.catalogue.ts';
import type { Track } from './training.catalogue.ts';
import { instructorsField } from './session.model.ts';
import type { Instructor } from './session.model.ts';

export interface Material {
  title: string;
  url: string;
}

/** What is taught: its dimension, whom it is for, how long it is, and what somebody must have learned before. */
export interface CourseRow extends TenantRow, StateRow {
  title: string;
  /** Main content. */
  content: string;
  dimension: (typeof DIMENSIONS)[number];
  tracks: Track[];
  category: string;
  mode: string;
  /** Credit minutes of one complete session. */
  minutes: number;
  /** Lowest score of 0–100 that passes; null where being there is all that is asked. */
  passMark: number | null;
  /** So many months it counts as trained; null for ever. */
  validMonths: number | null;
  materials: Material[];
  prerequisites: Types.ObjectId[];
  /** Who may teach it, as the officer decided; empty for every instructor. */
  instructors: Instructor[];
  createdBy: Types.ObjectId | null;
  createdAt: Date;
}

const courseSchema = new Schema({
  ...tenantFields,
  ...stateFields(courseLifecycle.states),
  title: { type: String, required: true },
  content: { type: String, default: '' },
  dimension: { type: String, enum: [...DIMENSIONS], required: true },
  tracks: { type: [{ type: String, enum: [...TRACKS] }], required: true },
  category: { type: String, enum: ['', ...CATEGORIES], default: '' },
  mode: { type: String, enum: ['', ...MODES], default: '' },
  minutes: { type: Number, required: true },
  passMark: { type: Number, default: null },
  validMonths: { type: Number, default: null },
  materials: {
    type: [
      new Schema(
        { title: { type: String, required: true }, url: { type: String, required: true } },
        { _id: false, strict: 'throw' },
      ),
    ],
    default: [],
  },
  prerequisites: { type: [Schema.Types.ObjectId], default: [] },
  instructors: instructorsField,
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
courseSchema.index({ tenantId: 1, state: 1, title: 1, _id: 1 });
courseSchema.index({ tenantId: 1, title: 1, _id: 1 });
// Two courses of one name could not be told apart in a list.
courseSchema.index(
  { tenantId: 1, title: 1 },
  { unique: true, partialFilterExpression: { state: { $in: ['draft', 'open'] } } },
);

export const CourseModel = tenantModel<CourseRow>('Course', courseSchema);
