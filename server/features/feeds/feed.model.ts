import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

/** A secret address at which a calendar program reads what one person has ahead in one organisation. */
export interface CalendarFeedRow extends TenantRow {
  personId: Types.ObjectId;
  membershipId: Types.ObjectId;
  /** Of the secret only its hash is kept. */
  tokenHash: string;
  createdAt: Date;
}

const feedSchema = new Schema({
  ...tenantFields,
  personId: { type: Schema.Types.ObjectId, required: true },
  membershipId: { type: Schema.Types.ObjectId, required: true },
  tokenHash: { type: String, required: true },
  createdAt: { type: Date, required: true },
});
// One address at a time: a new one ends the old.
feedSchema.index({ tenantId: 1, personId: 1 }, { unique: true });
// A feed is known by its secret before its tenant is (reviewed exception to "tenantId first").
feedSchema.index({ tokenHash: 1 }, { unique: true });

export const CalendarFeedModel = tenantModel<CalendarFeedRow>('CalendarFeed', feedSchema);
