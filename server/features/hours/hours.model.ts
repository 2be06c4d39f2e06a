import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { hoursLifecycle } from '../../core/states.ts';
import { localTextField } from '../../db/fields.ts';
import type { LocalText } from '../../db/fields.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { ANOMALIES } from './anomaly.rules.ts';
import type { Anomaly } from './anomaly.rules.ts';
import { EVIDENCE_GRADES, PRESENCE_METHODS } from './evidence.rules.ts';
import type { EvidenceGrade, PresenceMethod } from './evidence.rules.ts';

/** The seven items of a service record. */
export interface Activity {
  name: string;
  content: string;
  place: string;
  startsAt: Date;
  endsAt: Date;
  unitName: string;
  leaderName: string;
}

/** Planned, attended and recorded time of one service: three facts and the rule that led from one to the next. */
export interface HoursRow extends TenantRow, StateRow {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  personName: string;
  unitId: Types.ObjectId;
  /** Null for service that nobody scheduled. */
  assignmentId: Types.ObjectId | null;
  shiftId: Types.ObjectId | null;
  activity: Activity;
  /** Service area of the catalogue; empty where nobody said. */
  category: string;
  attendedFrom: Date | null;
  attendedTo: Date | null;
  /** What of the attended time is counted, half-open; a person's posted stretches never overlap (invariant 7). */
  servedFrom: Date;
  servedTo: Date;
  breakMinutes: number;
  /** Whole minutes that the rule gives. */
  recordedMinutes: number;
  policyVersion: string;
  /** What the rule was fed, kept beside its result. */
  inputs: Record<string, unknown>;
  /** Codes of what the rule noticed, e.g. `checked-out-automatically`. */
  notes: string[];
  grade: EvidenceGrade;
  /** Who saw it, in the volunteer's words (self-logged service). */
  witness: string;
  /** How the person's coming was noted; null where nobody and nothing did. */
  presence: { method: PresenceMethod; byAccountId: Types.ObjectId | null } | null;
  /** Longitude and latitude of the place, where it is known. */
  at: number[] | null;
  /** The person who typed it in afterwards for the volunteer, and why; such a record is marked for ever. */
  enteredBy: Types.ObjectId | null;
  entryReason: string;
  /** Local day by which the record has to be complete. */
  dueOn: string | null;
  /** It was completed after that day; the mark stays. */
  late: boolean;
  /** When whoever confirms is reminded next; null for never. */
  remindAt: Date | null;
  /** Local day by which a contested rejection is answered. */
  appealDueOn: string | null;
  /** What made it worth a second look; it is held until a reviewer decides. */
  anomalies: Anomaly[];
  confirmedBy: Types.ObjectId | null;
  confirmedByPersonId: Types.ObjectId | null;
  rejectionReason: string;
  postedAt: Date | null;
  /** Where it was recorded and confirmed, when somebody took it along from there; null for what was recorded here. */
  origin?: HoursOrigin | null;
  /** Where it was taken to; `personId` when it became another record's of the same human. */
  movedTo?: { tenantId: Types.ObjectId; transferId: Types.ObjectId; personId?: Types.ObjectId } | null;
  createdAt: Date;
}

/** What no list shows: of a row, more than half of what would be unpacked. */
export const UNLISTED = {
  history: 0,
  inputs: 0,
  tenantId: 0,
  personId: 0,
  membershipId: 0,
  assignmentId: 0,
  servedFrom: 0,
  servedTo: 0,
  breakMinutes: 0,
  presence: 0,
  at: 0,
  remindAt: 0,
  enteredBy: 0,
  confirmedBy: 0,
  confirmedByPersonId: 0,
  movedTo: 0,
  createdAt: 0,
} as const;
/** A row as lists read it: what `toHoursView` tells. */
export type ListedHours = Omit<HoursRow, keyof typeof UNLISTED>;

export interface HoursOrigin {
  /** The organisation and record it came from, one step back. */
  tenantId: Types.ObjectId;
  hoursId: Types.ObjectId;
  transferId: Types.ObjectId;
  /** The organisation that recorded and confirmed it, however many steps back. */
  recordedBy: LocalText;
  /** That was another organisation, although the last step was within this one (two records of one human). */
  elsewhere?: boolean;
}

const hoursSchema = new Schema({
  ...tenantFields,
  ...stateFields(hoursLifecycle.states),
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  assignmentId: { type: Schema.Types.ObjectId, default: null },
  shiftId: { type: Schema.Types.ObjectId, default: null },
  activity: {
    type: new Schema(
      {
        name: { type: String, required: true },
        content: { type: String, default: '' },
        place: { type: String, default: '' },
        startsAt: { type: Date, required: true },
        endsAt: { type: Date, required: true },
        unitName: { type: String, required: true },
        leaderName: { type: String, default: '' },
      },
      { _id: false, strict: 'throw' },
    ),
    required: true,
  },
  category: { type: String, default: '' },
  attendedFrom: { type: Date, default: null },
  attendedTo: { type: Date, default: null },
  servedFrom: { type: Date, required: true },
  servedTo: { type: Date, required: true },
  breakMinutes: { type: Number, required: true, default: 0 },
  recordedMinutes: { type: Number, required: true },
  policyVersion: { type: String, required: true },
  inputs: { type: Schema.Types.Mixed, required: true },
  notes: { type: [String], default: [] },
  grade: { type: String, enum: [...EVIDENCE_GRADES], required: true },
  witness: { type: String, default: '' },
  presence: {
    type: new Schema(
      {
        method: { type: String, enum: [...PRESENCE_METHODS], required: true },
        byAccountId: { type: Schema.Types.ObjectId, default: null },
      },
      { _id: false, strict: 'throw' },
    ),
    default: null,
  },
  at: { type: [Number], default: null },
  dueOn: { type: String, default: null },
  late: { type: Boolean, default: false },
  remindAt: { type: Date, default: null },
  appealDueOn: { type: String, default: null },
  enteredBy: { type: Schema.Types.ObjectId, default: null },
  entryReason: { type: String, default: '' },
  anomalies: {
    type: [
      new Schema(
        {
          code: { type: String, enum: [...ANOMALIES], required: true },
          facts: { type: Schema.Types.Mixed, default: {} },
        },
        { _id: false, strict: 'throw', minimize: false },
      ),
    ],
    default: [],
  },
  confirmedBy: { type: Schema.Types.ObjectId, default: null },
  confirmedByPersonId: { type: Schema.Types.ObjectId, default: null },
  rejectionReason: { type: String, default: '' },
  postedAt: { type: Date, default: null },
  origin: {
    type: new Schema(
      {
        tenantId: { type: Schema.Types.ObjectId, required: true },
        hoursId: { type: Schema.Types.ObjectId, required: true },
        transferId: { type: Schema.Types.ObjectId, required: true },
        recordedBy: localTextField,
        elsewhere: { type: Boolean },
      },
      { _id: false, strict: 'throw' },
    ),
  },
  movedTo: {
    type: new Schema(
      {
        tenantId: { type: Schema.Types.ObjectId, required: true },
        transferId: { type: Schema.Types.ObjectId, required: true },
        personId: { type: Schema.Types.ObjectId },
      },
      { _id: false, strict: 'throw' },
    ),
  },
  createdAt: { type: Date, required: true },
});
// What was taken along is taken in once.
hoursSchema.index(
  { tenantId: 1, 'origin.hoursId': 1 },
  { unique: true, partialFilterExpression: { 'origin.hoursId': { $type: 'objectId' } } },
);
// One record for an assignment, however often the sweep runs.
hoursSchema.index(
  { tenantId: 1, assignmentId: 1 },
  { unique: true, partialFilterExpression: { assignmentId: { $type: 'objectId' } } },
);
hoursSchema.index({ tenantId: 1, state: 1, unitId: 1, 'activity.startsAt': -1, _id: -1 });
hoursSchema.index({ tenantId: 1, state: 1, 'activity.startsAt': 1, _id: 1 });
hoursSchema.index({ tenantId: 1, personId: 1, state: 1 });
// What turned out later to be confirmed by the person's own other account.
hoursSchema.index(
  { tenantId: 1, state: 1, 'anomalies.code': 1, 'activity.startsAt': 1, _id: 1 },
  { partialFilterExpression: { 'anomalies.code': 'same-human' } },
);
hoursSchema.index({ tenantId: 1, personId: 1, 'activity.startsAt': -1, _id: -1 });
hoursSchema.index({ tenantId: 1, shiftId: 1, state: 1 });
// What is to be remembered, in whatever tenant.
hoursSchema.index({ remindAt: 1, _id: 1 }, { partialFilterExpression: { remindAt: { $type: 'date' } } });
// What one person confirmed lately: quotas of back-entries, approvers of many strangers.
hoursSchema.index({ tenantId: 1, confirmedByPersonId: 1, postedAt: -1 });
// One minute of a person's life counts once, in whatever tenant: overlaps are looked for by person alone.
hoursSchema.index({ personId: 1, servedFrom: 1 });

export const HoursModel = tenantModel<HoursRow>('HoursRecord', hoursSchema);
