import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { tenantModel } from '../../db/registry.ts';
import type { TenantRow } from '../../db/registry.ts';
import { tenantFields } from '../../db/tenancy.ts';

/** One sealed entry: its id and its link of the chain. */
export interface SealedEntry {
  readonly id: Types.ObjectId;
  readonly hash: string;
}

/**
 * Entries of a tenant's trail that were sealed together. Append-only. A row is a batch, not an entry: every few seconds one
 * small row instead of hundreds, and checking reads the trail in runs. Each entry still has its own number and link, so
 * what was changed is named by itself.
 */
export interface SealRow extends TenantRow {
  /** 1, 2, 3 … within the tenant. */
  batch: number;
  /** Number of its first entry within the tenant. */
  first: number;
  entries: SealedEntry[];
  /** Entries that were gone or not what their mark says when they were sealed. */
  suspect: Types.ObjectId[];
  /** Whether it holds entries from before there were marks. */
  unmarked: boolean;
  sealedAt: Date;
  /** The link of the last entry of the batch before; empty for the first. */
  previousHash: string;
  /** The link of its last entry: the head of the chain while it is the newest. */
  hash: string;
}

const sealSchema = new Schema({
  ...tenantFields,
  batch: { type: Number, required: true },
  first: { type: Number, required: true },
  entries: {
    type: [
      new Schema(
        {
          id: { type: Schema.Types.ObjectId, required: true },
          hash: { type: String, required: true },
        },
        // `id` is the entry's own, not mongoose's short form of `_id`.
        { _id: false, id: false, strict: 'throw' },
      ),
    ],
    required: true,
  },
  suspect: { type: [Schema.Types.ObjectId], default: [] },
  unmarked: { type: Boolean, required: true },
  sealedAt: { type: Date, required: true },
  previousHash: { type: String, default: '' },
  hash: { type: String, required: true },
});
sealSchema.index({ tenantId: 1, batch: 1 }, { unique: true });

export const SealModel = tenantModel<SealRow>('AuditSeal', sealSchema);
