import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { recognitionLifecycle } from '../../core/states.ts';
import { localTextField } from '../../db/fields.ts';
import type { LocalText } from '../../db/fields.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { SCHEME_KINDS } from './recognition.rules.ts';
import type { SchemeKind } from './recognition.rules.ts';

/** What the tenant recognises, with effective dates: other rules are another row, so that old grants keep theirs. */
export interface RecognitionSchemeRow extends TenantRow {
  code: string;
  kind: SchemeKind;
  name: LocalText;
  level: number;
  minutes: number;
  months: number;
  /** Kinds of service of which `areaMinutes` must be; empty for any. */
  areas: string[];
  areaMinutes: number;
  objectionDays: number;
  effectiveFrom: string;
  effectiveTo: string | null;
  createdAt: Date;
}

const schemeSchema = new Schema({
  ...tenantFields,
  code: { type: String, required: true },
  kind: { type: String, enum: [...SCHEME_KINDS], required: true },
  name: localTextField,
  level: { type: Number, required: true },
  minutes: { type: Number, required: true },
  months: { type: Number, required: true },
  areas: { type: [String], default: [] },
  areaMinutes: { type: Number, required: true, default: 0 },
  objectionDays: { type: Number, required: true },
  effectiveFrom: { type: String, required: true },
  effectiveTo: { type: String, default: null },
  createdAt: { type: Date, required: true },
});
schemeSchema.index({ tenantId: 1, code: 1, effectiveFrom: 1 }, { unique: true });

export const RecognitionSchemeModel = tenantModel<RecognitionSchemeRow>('RecognitionScheme', schemeSchema);

export interface Objection {
  by: Types.ObjectId;
  at: Date;
  reason: string;
}

/** One person, or one team, on the way to one thing. */
export interface RecognitionRow extends TenantRow, StateRow {
  schemeId: Types.ObjectId;
  code: string;
  kind: SchemeKind;
  level: number;
  name: LocalText;
  /** What was asked for when it began. */
  minutesNeeded: number;
  areas: string[];
  areaMinutesNeeded: number;
  objectionDays: number;
  /** Null for a team. */
  personId: Types.ObjectId | null;
  /** The person's name, or the team's. */
  subjectName: string;
  unitId: Types.ObjectId;
  /** Whether the name may stand on the public notice: asked for, never assumed. */
  showName: boolean;
  /** What the ledger held when it was granted: minutes, and how many entries of the account they sum. */
  minutesAt: number | null;
  /** Of these, of the kinds of service that were asked for. */
  areaMinutesAt: number | null;
  entriesAt: number | null;
  reviewedByPersonId: Types.ObjectId | null;
  decidedByPersonId: Types.ObjectId | null;
  /** Last local day for objections; null before it is published. */
  objectionUntil: string | null;
  /** When the sweep looks: after that day. */
  dueAt: Date | null;
  objections: Objection[];
  grantedAt: Date | null;
  /** Since when the ledger holds less than was asked for: hours were taken back after it was granted. */
  shortSince?: Date | null;
  createdAt: Date;
}

const recognitionSchema = new Schema({
  ...tenantFields,
  ...stateFields(recognitionLifecycle.states),
  schemeId: { type: Schema.Types.ObjectId, required: true },
  code: { type: String, required: true },
  kind: { type: String, enum: [...SCHEME_KINDS], required: true },
  level: { type: Number, required: true },
  name: localTextField,
  minutesNeeded: { type: Number, required: true },
  areas: { type: [String], default: [] },
  areaMinutesNeeded: { type: Number, required: true, default: 0 },
  objectionDays: { type: Number, required: true },
  personId: { type: Schema.Types.ObjectId, default: null },
  subjectName: { type: String, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  showName: { type: Boolean, default: false },
  minutesAt: { type: Number, default: null },
  areaMinutesAt: { type: Number, default: null },
  entriesAt: { type: Number, default: null },
  reviewedByPersonId: { type: Schema.Types.ObjectId, default: null },
  decidedByPersonId: { type: Schema.Types.ObjectId, default: null },
  objectionUntil: { type: String, default: null },
  dueAt: { type: Date, default: null },
  objections: {
    type: [
      new Schema(
        {
          by: { type: Schema.Types.ObjectId, required: true },
          at: { type: Date, required: true },
          reason: { type: String, required: true },
        },
        { _id: false, strict: 'throw' },
      ),
    ],
    default: [],
  },
  grantedAt: { type: Date, default: null },
  shortSince: { type: Date },
  createdAt: { type: Date, required: true },
});
/** States in which nothing more comes of it: the same may begin anew. */
export const ENDED = ['refused', 'withdrawn'] as const;
const LIVING = recognitionLifecycle.states.filter((state) => !(ENDED as readonly string[]).includes(state));
// One living case for a person, or a team, and a thing.
recognitionSchema.index(
  { tenantId: 1, code: 1, personId: 1, unitId: 1 },
  { unique: true, partialFilterExpression: { state: { $in: LIVING } } },
);
recognitionSchema.index({ tenantId: 1, personId: 1, createdAt: -1, _id: -1 });
recognitionSchema.index({ tenantId: 1, state: 1, createdAt: -1, _id: -1 });
recognitionSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });
// Notices of all tenants whose time is over.
recognitionSchema.index({ dueAt: 1 }, { partialFilterExpression: { dueAt: { $type: 'date' } } });

export const RecognitionModel = tenantModel<RecognitionRow>('Recognition', recognitionSchema);

/** That the people of a tenant were looked through on a day. */
export interface RecognitionRoundRow extends TenantRow {
  /** UTC date. */
  date: string;
  found: number;
}
const roundSchema = new Schema({
  ...tenantFields,
  date: { type: String, required: true },
  found: { type: Number, required: true },
});
roundSchema.index({ tenantId: 1, date: 1 }, { unique: true });

export const RecognitionRoundModel = tenantModel<RecognitionRoundRow>('RecognitionRound', roundSchema);
