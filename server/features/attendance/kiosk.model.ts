import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

/**
 * A device at the place of one shift, at which people check in and out. It has a secret of its own in its address, belongs
 * to nobody's session, and can do nothing else; only the hash of the secret is kept.
 */
export interface KioskRow extends TenantRow {
  shiftId: Types.ObjectId;
  tokenHash: string;
  openedBy: Types.ObjectId;
  openedAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
}

const kioskSchema = new Schema({
  ...tenantFields,
  shiftId: { type: Schema.Types.ObjectId, required: true },
  tokenHash: { type: String, required: true },
  openedBy: { type: Schema.Types.ObjectId, required: true },
  openedAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  endedAt: { type: Date, default: null },
});
kioskSchema.index({ tokenHash: 1 }, { unique: true });
kioskSchema.index({ tenantId: 1, shiftId: 1 });
kioskSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 7 * 24 * 3600 });

export const KioskModel = tenantModel<KioskRow>('Kiosk', kioskSchema);
