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

/**
 * Hours that somebody takes along to another organisation: one row in the old one, one in the new one. Or, within one, from one
 * record of a human to another of theirs: one row.
 */
export interface TransferRow extends TenantRow, StateRow {
  direction: 'out' | 'in' | 'merge';
  /** The same in both rows: names the accounts that the hours stand against. */
  transferId: Types.ObjectId;
  personId: Types.ObjectId;
  personName: string;
  unitId: Types.ObjectId;
  /** Of two records of one human: whose the hours are from then on. */
  into?: { personId: Types.ObjectId; membershipId: Types.ObjectId } | null;
  /** The other organisation; the own one when two records become one. */
  peerId: Types.ObjectId;
  peerName: LocalText;
  /** Records that were to go when it was accepted; null before. */
  wanted?: number | null;
  /** Records and minutes that went so far; null before. */
  records: number | null;
  minutes: number | null;
  createdAt: Date;
}

const transferSchema = new Schema({
  ...tenantFields,
  ...stateFields(transferLifecycle.states),
  direction: { type: String, enum: ['out', 'in', 'merge'], required: true },
  transferId: { type: Schema.Types.ObjectId, required: true },
  personId: { type: Schema.Types.ObjectId, required: true },
  personName: { type: String, required: true },
  unitId: { type: Schema.Types.ObjectId, required: true },
  into: {
    type: new Schema(
      {
        personId: { type: Schema.Types.ObjectId, required: true },
        membershipId: { type: Schema.Types.ObjectId, required: true },
      },
      { _id: false, strict: 'throw' },
    ),
  },
  peerId: { type: Schema.Types.ObjectId, required: true },
  peerName: localTextField,
  wanted: { type: Number, default: null },
  records: { type: Number, default: null },
  minutes: { type: Number, default: null },
  createdAt: { type: Date, required: true },
});
transferSchema.index({ tenantId: 1, transferId: 1 }, { unique: true });
// One at a time of a person.
transferSchema.index(
  { tenantId: 1, personId: 1 },
  {
    unique: true,
    partialFilterExpression: { state: { $in: ['requested', 'confirmed', 'offered', 'moving'] } },
  },
);
// What goes on by pieces, of all tenants.
transferSchema.index({ createdAt: 1 }, { partialFilterExpression: { state: 'moving' } });
transferSchema.index({ tenantId: 1, personId: 1, createdAt: -1, _id: -1 });
// Which records became one with a person's.
transferSchema.index(
  { tenantId: 1, 'into.personId': 1 },
  { partialFilterExpression: { direction: 'merge' } },
);
transferSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });

export const TransferModel = tenantModel<TransferRow>('HoursTransfer', transferSchema);
