import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { awardLifecycle } from '../../core/states.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';
import { AWARD_CHECKS, AWARD_ORIGINS, GOVERNMENT_LEVELS, LIVING_AWARD } from './award.rules.ts';
import type { AwardCheck, AwardFacts } from './award.rules.ts';

/** An award of a person, as recorded or as asked for. Granted stars and medals are not copied here: they are read. */
export interface AwardRow extends TenantRow, StateRow, AwardFacts {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  personName: string;
  unitId: Types.ObjectId;
  /** `awardKey` of the facts. */
  key: string;
  /** What whoever asked for it said of it. */
  text: string;
  /** Who asked for it, or recorded it: the person, or somebody of the desk. */
  enteredByPersonId: Types.ObjectId;
  /** How it was verified; null before that. */
  check: AwardCheck | null;
  /** Who recorded, refused, corrected or took it back last, and what the person was told. */
  decidedByPersonId: Types.ObjectId | null;
  decidedAt: Date | null;
  answer: string;
  /** What the person says is wrong with it; empty for nothing. */
  contest: string;
  createdAt: Date;
}

const awardSchema = new Schema({
  ...tenantFields,
  ...stateFields(awardLifecycle.states),
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  origin: { type: String, enum: [...AWARD_ORIGINS], required: true },
  level: { type: String, enum: [...GOVERNMENT_LEVELS, null], default: null },
  name: { type: String, required: true },
  awardedOn: { type: String, required: true },
  awardedBy: { type: String, required: true },
  key: { type: String, required: true },
  text: { type: String, default: '' },
  enteredByPersonId: { type: Schema.Types.ObjectId, required: true },
  check: { type: String, enum: [...AWARD_CHECKS, null], default: null },
  decidedByPersonId: { type: Schema.Types.ObjectId, default: null },
  decidedAt: { type: Date, default: null },
  answer: { type: String, default: '' },
  contest: { type: String, default: '' },
  createdAt: { type: Date, required: true },
});
// One award of one day stands, or waits, once for a person.
awardSchema.index(
  { tenantId: 1, personId: 1, key: 1 },
  { unique: true, partialFilterExpression: { state: { $in: [...LIVING_AWARD] } } },
);
awardSchema.index({ tenantId: 1, personId: 1, awardedOn: -1, _id: -1 });
awardSchema.index({ tenantId: 1, state: 1, createdAt: 1, _id: 1 });

export const AwardModel = tenantModel<AwardRow>('Award', awardSchema);
