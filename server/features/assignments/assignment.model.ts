import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { assignmentLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';

export const ATTENDANCE_METHODS = ['code', 'kiosk', 'coordinator', 'automatic'] as const;
export type AttendanceMethod = (typeof ATTENDANCE_METHODS)[number];
/** Why somebody's service ended though they never checked out: the reason of that step in the history. */
export const LEAVING_REASONS = ['forgotten', 'shift-cancelled', 'membership-stopped'] as const;
export type LeavingReason = (typeof LEAVING_REASONS)[number];
/** The reason of a no-show that nobody noted. */
export const NEVER_CAME = 'never-checked-in';

/** One end of the attended time; the server's clock decides (S-62). */
export interface AttendanceMark {
  at: Date;
  method: AttendanceMethod;
  /** The account that marked it; the volunteer's own for codes, the one that opened the kiosk. */
  by: Types.ObjectId | null;
  /** Which step of the rotating code it was: a code counts once per person (S-62). Null for other methods. */
  step?: number | null;
  /** Minutes between the code's time and its arrival, when it was kept on a phone without network. */
  lateMinutes?: number | null;
  /** Metres from the place, when the person agreed to be measured; where they were is not kept. */
  distanceMetres?: number | null;
}

/** One person on one position of one shift. */
export interface AssignmentRow extends TenantRow, StateRow {
  requestId: Types.ObjectId;
  shiftId: Types.ObjectId;
  positionId: Types.ObjectId;
  unitId: Types.ObjectId;
  personId: Types.ObjectId;
  /** Null while a findable person from elsewhere has not accepted. */
  membershipId: Types.ObjectId | null;
  /** Empty as long as `membershipId` is null: whom one asks from elsewhere has no name until they accept. */
  personName: string;
  startsAt: Date;
  endsAt: Date;
  /** Place in the waitlist; lower is earlier. Null when not waiting. */
  waitSeq: number | null;
  /** The open offer of this assignment, if any. */
  offerId: Types.ObjectId | null;
  note: string;
  checkIn: AttendanceMark | null;
  checkOut: AttendanceMark | null;
  /** Since when those who fit best are to be asked for the place that was given up here; null when nobody is. */
  reofferAt?: Date | null;
  createdAt: Date;
}

/** States in which the row stands for a present claim on the position: one of these per person and position. */
export const LIVE_STATES = [
  'offered',
  'requested',
  'waitlisted',
  'accepted',
  'confirmed',
  'checked_in',
  'checked_out',
  'no_show',
  'excused',
] as const;
/** States that occupy a seat. */
export const SEATED_STATES = [
  'accepted',
  'confirmed',
  'checked_in',
  'checked_out',
  'no_show',
  'excused',
] as const;

/** What a person sees of all tenants at once: what they are asked for, and where they are expected. */
export const AHEAD_STATES = [
  'offered',
  'requested',
  'waitlisted',
  'accepted',
  'confirmed',
  'checked_in',
  'excused',
] as const;
export const ELSEWHERE_STATES = ['offered', 'accepted', 'confirmed', 'checked_in'] as const;

const markSchema = new Schema(
  {
    at: { type: Date, required: true },
    method: { type: String, enum: [...ATTENDANCE_METHODS], required: true },
    by: { type: Schema.Types.ObjectId, default: null },
    step: { type: Number, default: null },
    lateMinutes: { type: Number, default: null },
    distanceMetres: { type: Number, default: null },
  },
  { _id: false, strict: 'throw' },
);

const assignmentSchema = new Schema({
  ...tenantFields,
  ...stateFields(assignmentLifecycle.states),
  requestId: { type: Schema.Types.ObjectId, required: true },
  shiftId: { type: Schema.Types.ObjectId, required: true },
  positionId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, default: null },
  personName: { type: String, default: '' },
  startsAt: { type: Date, required: true },
  endsAt: { type: Date, required: true },
  waitSeq: { type: Number, default: null },
  offerId: { type: Schema.Types.ObjectId, default: null },
  note: { type: String, default: '' },
  checkIn: { type: markSchema, default: null },
  checkOut: { type: markSchema, default: null },
  reofferAt: { type: Date, default: null },
  createdAt: { type: Date, required: true },
});
// One live assignment per person and position: the database, not the service, wins the race. Declined and cancelled ones stay as history.
assignmentSchema.index(
  { tenantId: 1, positionId: 1, personId: 1 },
  { unique: true, partialFilterExpression: { state: { $in: [...LIVE_STATES] } } },
);
assignmentSchema.index({ tenantId: 1, positionId: 1, state: 1, waitSeq: 1 });
assignmentSchema.index({ tenantId: 1, shiftId: 1, state: 1, _id: 1 });
assignmentSchema.index({ tenantId: 1, personId: 1, startsAt: -1, _id: -1 });
assignmentSchema.index({ tenantId: 1, shiftId: 1, personName: 1, _id: 1 });
// Who served a request already.
assignmentSchema.index(
  { tenantId: 1, requestId: 1, personId: 1 },
  { partialFilterExpression: { state: 'checked_out' } },
);
// What a person has ahead, in whatever tenant (reviewed exception to "tenantId first"); named, since readers insist on it.
assignmentSchema.index(
  { personId: 1, endsAt: 1 },
  { name: 'ahead', partialFilterExpression: { state: { $in: [...AHEAD_STATES] } } },
);
// The sweep that closes forgotten check-outs looks across tenants.
assignmentSchema.index(
  { endsAt: 1 },
  { partialFilterExpression: { state: { $in: ['accepted', 'confirmed', 'checked_in'] } } },
);
// The sweep that asks those who fit best for places that came free looks across tenants.
assignmentSchema.index({ reofferAt: 1 }, { partialFilterExpression: { reofferAt: { $type: 'date' } } });

export const AssignmentModel = tenantModel<AssignmentRow>('Assignment', assignmentSchema);
