import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { shiftLifecycle } from '../../core/states.ts';
import { localTextField, placeField } from '../../db/fields.ts';
import type { LocalText, Place } from '../../db/fields.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { NATURES } from './nature.rules.ts';
import type { Nature } from './nature.rules.ts';

export const RISK_LEVELS = ['none', 'bodily'] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

/** Metres from its place within which somebody is at a shift, unless it says otherwise. */
export const PLACE_METRES = 500;
/** What a shift may say: a phone is rarely surer than the least. */
export const RADIUS_METRES = { min: 50, max: 20_000 } as const;

/** When and where a request is served. Published shifts are the public opportunities. */
export interface ShiftRow extends TenantRow, StateRow {
  requestId: Types.ObjectId;
  unitId: Types.ObjectId;
  /** Copies of the request's words, so that lists read one collection. */
  title: string;
  category: string;
  county: string | null;
  place: Place;
  startsAt: Date;
  endsAt: Date;
  /** Minutes of the planned time that are not service. */
  breakMinutes: number;
  leaderName: string;
  leaderPersonId: Types.ObjectId | null;
  riskLevel: RiskLevel;
  /** without it a bodily-risk shift cannot start. */
  policyNumber: string;
  /** Metres from the place within which a check-in was there; missing in shifts of before it was asked. */
  radiusMetres?: number;
  /** only volunteer service gives hours; missing in shifts of before it was asked, which were that. */
  nature?: Nature;
  /** Codes of every skill its positions ask for: filter of the public list. */
  skillCodes: string[];
  /** The series it belongs to, if it is repeated. */
  seriesId: Types.ObjectId | null;
  /** The date it was made for in its series: stays when the shift moves, so that no repetition makes it twice. */
  seriesDate: string | null;
  /** How often it was copied. Whoever copies it writes this, so two who do so at once see each other's copies. */
  copied: number;
  /** How often its positions changed. Whoever changes them writes this, so that taking the shift back meets them. */
  staffed: number;
  createdBy: Types.ObjectId | null;
  createdAt: Date;
}

const shiftSchema = new Schema({
  ...tenantFields,
  ...stateFields(shiftLifecycle.states),
  requestId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  title: { type: String, required: true },
  category: { type: String, required: true },
  county: { type: String, default: null },
  place: { ...placeField, required: true },
  startsAt: { type: Date, required: true },
  endsAt: { type: Date, required: true },
  breakMinutes: { type: Number, required: true, default: 0 },
  leaderName: { type: String, default: '' },
  leaderPersonId: { type: Schema.Types.ObjectId, default: null },
  riskLevel: { type: String, enum: [...RISK_LEVELS], required: true, default: 'none' },
  policyNumber: { type: String, default: '' },
  radiusMetres: { type: Number, default: PLACE_METRES },
  nature: { type: String, enum: [...NATURES], default: 'volunteer' },
  skillCodes: { type: [String], default: [] },
  seriesId: { type: Schema.Types.ObjectId, default: null },
  seriesDate: { type: String, default: null },
  copied: { type: Number, default: 0 },
  staffed: { type: Number, default: 0 },
  createdBy: { type: Schema.Types.ObjectId, default: null },
  createdAt: { type: Date, required: true },
});
shiftSchema.index({ tenantId: 1, state: 1, startsAt: 1, _id: 1 });
// The list, the counts of its days without reading a row, and what of the day before is not over.
shiftSchema.index({ tenantId: 1, startsAt: 1, _id: 1, state: 1, unitId: 1, endsAt: 1 });
shiftSchema.index({ tenantId: 1, requestId: 1, startsAt: 1, _id: 1 });
shiftSchema.index(
  { tenantId: 1, seriesId: 1, startsAt: 1, _id: 1 },
  { partialFilterExpression: { seriesId: { $type: 'objectId' } } },
);
shiftSchema.index({ tenantId: 1, state: 1, unitId: 1, startsAt: 1, _id: 1 });
shiftSchema.index({ tenantId: 1, state: 1, category: 1, startsAt: 1, _id: 1 });
shiftSchema.index({ tenantId: 1, unitId: 1, startsAt: 1, _id: 1 });
shiftSchema.index({ tenantId: 1, state: 1, skillCodes: 1, startsAt: 1, _id: 1 });
shiftSchema.index({ tenantId: 1, state: 1, 'place.point': '2dsphere' });
// One shift per date of a series, however often or by how many it is repeated.
shiftSchema.index(
  { tenantId: 1, seriesId: 1, seriesDate: 1 },
  { unique: true, partialFilterExpression: { seriesId: { $type: 'objectId' } } },
);
// Sweeps that start and end shifts look across tenants for what is due.
shiftSchema.index({ startsAt: 1 }, { partialFilterExpression: { state: { $in: ['published', 'locked'] } } });
shiftSchema.index({ endsAt: 1 }, { partialFilterExpression: { state: 'running' } });

export const ShiftModel = tenantModel<ShiftRow>('Shift', shiftSchema);

export const ADMISSIONS = ['direct', 'approval'] as const;
/** `direct`: whoever fits and presses first has the place; `approval`: the coordinator answers each request. */
export type Admission = (typeof ADMISSIONS)[number];

export interface NeededSkill {
  code: string;
  minLevel: number;
}
export interface NeededCredential {
  /** Credential type, e.g. `social-worker`. */
  type: string;
  /** Lowest level that will do; empty for any. */
  level: string;
  /** Names of a type that does not come with Linli. */
  name?: LocalText | null | undefined;
}

/** A talent pool of which one must be a certified member; its name goes along. */
export interface NeededPool {
  id: string;
  name: LocalText;
}

export interface NeededTraining {
  courseId: string;
  title: string;
}

/** Which people a shift needs, and how many. */
export interface PositionRow extends TenantRow {
  requestId: Types.ObjectId;
  shiftId: Types.ObjectId;
  unitId: Types.ObjectId;
  name: string;
  skills: NeededSkill[];
  credentials: NeededCredential[];
  /** Any one of them will do; empty for none needed. */
  pools: NeededPool[];
  /** Courses that must be passed before one serves here, each with the title it was named by. */
  trainings?: NeededTraining[];
  languages: string[];
  minAge: number | null;
  maxAge: number | null;
  required: number;
  maximum: number;
  admission: Admission;
  /** Seats that are taken or held by an open waitlist offer. Only guarded updates change it: taken ≤ maximum (invariant 3). */
  taken: number;
  /** Last number drawn in the waitlist. */
  waitSeq: number;
  version: number;
}

const embedded = { _id: false, strict: 'throw' } as const;

/** Schema fields of what a position asks for; templates keep the same. */
export const positionFieldsOf = () => ({
  name: { type: String, required: true },
  skills: {
    type: [
      new Schema(
        { code: { type: String, required: true }, minLevel: { type: Number, required: true } },
        embedded,
      ),
    ],
    default: [],
  },
  credentials: {
    type: [
      new Schema(
        {
          type: { type: String, required: true },
          level: { type: String, default: '' },
          name: { ...localTextField, required: false, default: null },
        },
        embedded,
      ),
    ],
    default: [],
  },
  pools: {
    type: [new Schema({ id: { type: String, required: true }, name: localTextField }, embedded)],
    default: [],
  },
  trainings: {
    type: [
      new Schema(
        { courseId: { type: String, required: true }, title: { type: String, required: true } },
        embedded,
      ),
    ],
    default: [],
  },
  languages: { type: [String], default: [] },
  minAge: { type: Number, default: null },
  maxAge: { type: Number, default: null },
  required: { type: Number, required: true },
  maximum: { type: Number, required: true },
  admission: { type: String, enum: [...ADMISSIONS], required: true, default: 'direct' },
});

const positionSchema = new Schema({
  ...tenantFields,
  requestId: { type: Schema.Types.ObjectId, required: true },
  shiftId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  ...positionFieldsOf(),
  taken: { type: Number, required: true, default: 0 },
  waitSeq: { type: Number, required: true, default: 0 },
  version: { type: Number, required: true, default: 1 },
});
positionSchema.index({ tenantId: 1, shiftId: 1, _id: 1 });
positionSchema.index({ tenantId: 1, requestId: 1 });

export const PositionModel = tenantModel<PositionRow>('Position', positionSchema);
