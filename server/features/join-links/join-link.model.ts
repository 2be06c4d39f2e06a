import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';
import type { MembershipKind } from '../memberships/index.ts';
import { MEMBERSHIP_KINDS } from '../memberships/index.ts';

/**
 * A way into one unit of a tenant: it fills an application in and decides nothing. Open links carry a code of their own
 * (kept as its hash); personal ones are mailed, each mail with a one-time link of `AccountToken`. Deleted a month after its end.
 */
export interface JoinLinkRow extends TenantRow {
  unitId: Types.ObjectId;
  kind: MembershipKind;
  /** What the invited person reads. */
  note: string;
  /** Normalised; null for open links. */
  address: string | null;
  /** Null for personal links. */
  codeHash: string | null;
  maxUses: number;
  uses: number;
  createdBy: Types.ObjectId;
  createdAt: Date;
  expiresAt: Date;
  revokedAt: Date | null;
}

const joinLinkSchema = new Schema({
  ...tenantFields,
  unitId: { type: Schema.Types.ObjectId, required: true },
  kind: { type: String, enum: [...MEMBERSHIP_KINDS], required: true },
  note: { type: String, default: '' },
  address: { type: String, default: null },
  codeHash: { type: String, default: null },
  maxUses: { type: Number, required: true },
  uses: { type: Number, required: true, default: 0 },
  createdBy: { type: Schema.Types.ObjectId, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, required: true },
  revokedAt: { type: Date, default: null },
});
joinLinkSchema.index(
  { tenantId: 1, codeHash: 1 },
  { unique: true, partialFilterExpression: { codeHash: { $type: 'string' } } },
);
joinLinkSchema.index({ tenantId: 1, unitId: 1, _id: -1 });
joinLinkSchema.index({ tenantId: 1, _id: -1 });
// An address of somebody who never came is not kept for ever.
joinLinkSchema.index({ expiresAt: 1 }, { expireAfterSeconds: 30 * 24 * 3600 });

export const JoinLinkModel = tenantModel<JoinLinkRow>('JoinLink', joinLinkSchema);
