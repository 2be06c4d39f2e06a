import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { localTextField, pointField } from '../../db/fields.ts';
import type { LocalText, Point } from '../../db/fields.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

export const UNIT_KINDS = ['root', 'township', 'community', 'grid', 'team', 'office'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** Official codes come, change and lapse: dated attributes of a unit whose id is ours and never changes. */
export interface UnitCode {
  system: string;
  code: string;
  from: string;
  to: string | null;
}

export interface UnitRow extends TenantRow {
  parentId: Types.ObjectId | null;
  /** Every ancestor and the unit itself, root first: "below X" is `path: X`. */
  path: Types.ObjectId[];
  kind: UnitKind;
  name: LocalText;
  codes: UnitCode[];
  centre?: Point | undefined;
  active: boolean;
  version: number;
  /** Of the root: how often its tree changed. Whoever changes it writes this, so that two at once meet (F-5). */
  turns?: number;
}

const codeSchema = new Schema(
  {
    system: { type: String, required: true },
    code: { type: String, required: true },
    from: { type: String, required: true },
    to: { type: String, default: null },
  },
  { _id: false, strict: 'throw' },
);

const unitSchema = new Schema({
  ...tenantFields,
  parentId: { type: Schema.Types.ObjectId, default: null },
  path: { type: [Schema.Types.ObjectId], required: true },
  kind: { type: String, enum: [...UNIT_KINDS], required: true },
  name: localTextField,
  codes: { type: [codeSchema], default: [] },
  centre: pointField,
  active: { type: Boolean, required: true, default: true },
  version: { type: Number, required: true, default: 1 },
  turns: { type: Number, default: 0 },
});
unitSchema.index({ tenantId: 1, path: 1 });
unitSchema.index({ tenantId: 1, _id: 1 });
unitSchema.index({ tenantId: 1, parentId: 1, _id: 1 });

export const UnitModel = tenantModel<UnitRow>('Unit', unitSchema);
