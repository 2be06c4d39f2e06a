import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

/**
 * A device at the place of one shift, at which people check in and out. A link that works once, for minutes, is exchanged for a
 * secret that only this device holds, in a cookie of its own beside whoever is signed in there; it can do nothing else. Only the
 * hash of either secret is kept.
 */
export interface KioskRow extends TenantRow {
  shiftId: Types.ObjectId;
  /** Of the link's secret before a device took it, of the device's after. */
  tokenHash: string;
  /** When a device took the link; null before, when it can be taken until `pairBy`. */
  pairedAt: Date | null;
  pairBy: Date;
  openedBy: Types.ObjectId;
  openedAt: Date;
  expiresAt: Date;
  endedAt: Date | null;
}

const kioskSchema = new Schema({
  ...tenantFields,
  shiftId: { type: Schema.Types.ObjectId, required: true },
  tokenHash: { type: String, required: true },
  pairedAt: { type: Date, default: null },
  pairBy: { type: Date, required: true },
  openedBy: { type: Schema.Types.ObjectId, required: true },
  openedAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  endedAt: { type: Date, default: null },
});
kioskSchema.index({ tokenHash: 1 }, { unique: true });
kioskSchema.index({ tenantId: 1, shiftId: 1 });
kioskSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 7 * 24 * 3600 });

export const KioskModel = tenantModel<KioskRow>('Kiosk', kioskSchema);
