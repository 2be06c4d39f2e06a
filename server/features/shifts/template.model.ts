import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { NATURES } from './nature.rules.ts';
import type { Nature } from './nature.rules.ts';
import { PLACE_METRES, positionFieldsOf, RISK_LEVELS } from './shift.model.ts';
import type { PositionRow, RiskLevel } from './shift.model.ts';

/** What a position asks for, without its shift. */
export type TemplatePosition = Pick<
  PositionRow,
  | 'name'
  | 'skills'
  | 'credentials'
  | 'pools'
  | 'trainings'
  | 'languages'
  | 'minAge'
  | 'maxAge'
  | 'required'
  | 'maximum'
  | 'admission'
>;

/** A shift without a day: its wall times and positions under a name. That of the root unit serves the whole tenant. */
export interface TemplateRow extends TenantRow {
  unitId: Types.ObjectId;
  name: string;
  startTime: string;
  endTime: string;
  breakMinutes: number;
  radiusMetres?: number;
  nature?: Nature;
  riskLevel: RiskLevel;
  positions: TemplatePosition[];
  version: number;
  createdBy: Types.ObjectId;
  createdAt: Date;
}

const templateSchema = new Schema({
  ...tenantFields,
  unitId: { type: Schema.Types.ObjectId, required: true },
  name: { type: String, required: true },
  startTime: { type: String, required: true },
  endTime: { type: String, required: true },
  breakMinutes: { type: Number, required: true, default: 0 },
  radiusMetres: { type: Number, default: PLACE_METRES },
  nature: { type: String, enum: [...NATURES], default: 'volunteer' },
  riskLevel: { type: String, enum: [...RISK_LEVELS], required: true },
  positions: { type: [new Schema(positionFieldsOf(), { _id: false, strict: 'throw' })], default: [] },
  version: { type: Number, required: true, default: 1 },
  createdBy: { type: Schema.Types.ObjectId, required: true },
  createdAt: { type: Date, required: true },
});
templateSchema.index({ tenantId: 1, unitId: 1, name: 1 }, { unique: true });
// The list, by name: whose units one may use is told from the index.
templateSchema.index({ tenantId: 1, name: 1, _id: 1, unitId: 1 });

export const TemplateModel = tenantModel<TemplateRow>('ShiftTemplate', templateSchema);
