import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { transferLifecycle } from '../../core/states.ts';
import { localTextField } from '../../db/fields.ts';
import type { LocalText } from '../../db/fields.ts';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import { stateFields } from '../../db/transition.ts';
import type { StateRow } from '../../db/transition.ts';

/** Hours that somebody takes along to another organisation: one row in the old one, one in the new one. */
export interface TransferRow extends TenantRow, StateRow {
  direction: 'out' | 'in';
  /** The same in both rows: names the accounts that the hours stand against. */
  transferId: Types.ObjectId;
  personId: Types.ObjectId;
  personName: string;
  unitId: Types.ObjectId;
  /** The other organisation. */
  peerId: Types.ObjectId;
  peerName: LocalText;
  /** Records and minutes that went; null before. */
  records: number | null;
  minutes: number | null;
  createdAt: Date;
}

const transferSchema = new Schema({
  ...tenantFields,
  ...stateFields(transferLifecycle.states),
  direction: { type: String, enum: ['out', 'in'], required: true },
  transferId: { type: Schema.Types.ObjectId, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  peerId: { type: Schema.Types.ObjectId, required: true },
  peerName: localTextField,
  records: { type: Number, default: null },
  minutes: { type: Number, default: null },
  createdAt: { type: Date, required: true },
});
transferSchema.index({ tenantId: 1, transferId: 1 }, { unique: true });
// One at a time of a person.
transferSchema.index(
  { tenantId: 1, personId: 1 },
  { unique: true, partialFilterExpression: { state: { $in: ['requested', 'confirmed', 'offered'] } } },
);
transferSchema.index({ tenantId: 1, personId: 1, createdAt: -1, _id: -1 });
transferSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });

export const TransferModel = tenantModel<TransferRow>('HoursTransfer', transferSchema);
