import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

/** The rule by which shifts were repeated; its shifts carry `seriesId` and the date they were made for. */
export interface SeriesRow extends TenantRow {
  requestId: Types.ObjectId;
  unitId: Types.ObjectId;
  everyWeeks: number;
  weekdays: number[];
  until: string | null;
  times: number | null;
  except: string[];
  createdBy: Types.ObjectId;
  createdAt: Date;
}

const seriesSchema = new Schema({
  ...tenantFields,
  requestId: { type: Schema.Types.ObjectId, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  everyWeeks: { type: Number, required: true },
  weekdays: { type: [Number], required: true },
  until: { type: String, default: null },
  times: { type: Number, default: null },
  except: { type: [String], default: [] },
  createdBy: { type: Schema.Types.ObjectId, required: true },
  createdAt: { type: Date, required: true },
});
seriesSchema.index({ tenantId: 1, requestId: 1 });

export const SeriesModel = tenantModel<SeriesRow>('ShiftSeries', seriesSchema);
