import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { trainingPlanLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import type { Beside, PlanEdits, PlanOutcome, PlanSettings, ServedNeed } from './training-plan.types.ts';

/** A proposal of sessions and invitations: asked for, made in the background, mended by the officer, then published. */
export interface TrainingPlanRow extends TenantRow, StateRow {
  unitId: Types.ObjectId;
  settings: PlanSettings;
  edits: PlanEdits;
  progress: { phase: string; share: number } | null;
  cancelWanted: boolean;
  /** Which working of the run wrote the sessions that count. */
  attempt: number;
  inputs: { people: number; needs: number; spots: number; options: number } | null;
  /** Worth of the plan in the objective's units, and what no plan over the same spots exceeds. */
  proof: { worth: number; bound: number; greedy: number; optimal: boolean } | null;
  outcome: PlanOutcome | null;
  /** When background work is next due; null when there is none. */
  dueAt: Date | null;
  failure: string | null;
  publisher: { accountId: Types.ObjectId; personId: Types.ObjectId } | null;
  createdBy: Types.ObjectId | null;
  createdAt: Date;
  finishedAt: Date | null;
}

const mixed = { type: Schema.Types.Mixed } as const;

const planSchema = new Schema({
  ...tenantFields,
  ...stateFields(trainingPlanLifecycle.states),
  unitId: { type: Schema.Types.ObjectId, required: true },
  settings: { ...mixed, required: true },
  edits: { ...mixed, required: true },
  progress: { ...mixed, default: null },
  cancelWanted: { type: Boolean, default: false },
  attempt: { type: Number, default: 0 },
  inputs: { ...mixed, default: null },
  proof: { ...mixed, default: null },
  outcome: { ...mixed, default: null },
  dueAt: { type: Date, default: null },
  failure: { type: String, default: null },
  publisher: { ...mixed, default: null },
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
  finishedAt: { type: Date, default: null },
});
planSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
// One run per tenant at a time: the database, not the service, wins the race.
planSchema.index(
  { tenantId: 1 },
  { unique: true, partialFilterExpression: { state: { $in: ['queued', 'running'] } } },
);
// Sweeps look across tenants for what is due.
planSchema.index({ state: 1, dueAt: 1 }, { partialFilterExpression: { dueAt: { $type: 'date' } } });

export const TrainingPlanModel = tenantModel<TrainingPlanRow>('TrainingPlan', planSchema);

/** Somebody to be asked to a planned session, and why. */
export interface PlannedInvitation {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  personName: string;
  /** What the person's programme counts of it. */
  minutes: number;
  needs: readonly ServedNeed[];
  /** How it depends on the person's earlier sessions; null where it does not, and in plans of before. */
  beside?: Beside | null;
  /** The stated free times hold the session; false where none are stated. */
  statedFree: boolean;
  metres: number | null;
  /** Why nobody was asked after all, when it was published. */
  refusal: string | null;
  enrolmentId: Types.ObjectId | null;
}

/** One session of a proposal. */
export interface PlannedSessionRow extends TenantRow {
  planId: Types.ObjectId;
  attempt: number;
  place: number;
  courseId: Types.ObjectId;
  title: string;
  startsAt: Date;
  endsAt: Date;
  room: number;
  label: string;
  address: string;
  instructor: { personId: Types.ObjectId; name: string } | null;
  seats: number;
  costCents: number;
  /** Credit minutes that the course gives. */
  minutes: number;
  pinned: boolean;
  /** How many could come then and there, of those who lack what it teaches. */
  reach: number;
  /** By how much the plan would be worth less without it, everything else as it is. */
  worth: number;
  invitations: PlannedInvitation[];
  state: 'proposed' | 'published' | 'refused';
  refusal: string | null;
  /** The session it becomes: drawn with the proposal, so that it is made once. */
  sessionId: Types.ObjectId;
}

const sessionSchema = new Schema({
  ...tenantFields,
  planId: { type: Schema.Types.ObjectId, required: true },
  attempt: { type: Number, required: true },
  place: { type: Number, required: true },
  courseId: { type: Schema.Types.ObjectId, required: true },
  title: { type: String, required: true },
  startsAt: { type: Date, required: true },
  endsAt: { type: Date, required: true },
  room: { type: Number, required: true },
  label: { type: String, required: true },
  address: { type: String, default: '' },
  instructor: { ...mixed, default: null },
  seats: { type: Number, required: true },
  costCents: { type: Number, required: true },
  minutes: { type: Number, required: true },
  pinned: { type: Boolean, default: false },
  reach: { type: Number, required: true },
  worth: { type: Number, required: true },
  invitations: { type: [Schema.Types.Mixed], default: [] },
  state: { type: String, enum: ['proposed', 'published', 'refused'], required: true, default: 'proposed' },
  refusal: { type: String, default: null },
  sessionId: { type: Schema.Types.ObjectId, required: true },
});
sessionSchema.index({ tenantId: 1, planId: 1, attempt: 1, place: 1 });

export const PlannedSessionModel = tenantModel<PlannedSessionRow>('PlannedSession', sessionSchema);
