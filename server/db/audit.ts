import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { actorLabel } from '../core/actor.ts';
import { asPlatform, contextNow, requireContext } from '../core/context.ts';
import { tenantModel } from './registry.ts';
import type { TenantRow } from './registry.ts';
import { tenantFields } from './tenancy.ts';
import { requireTransaction } from './transaction.ts';

/** One row for every change: who did what to which thing, in which request. Never names or contents, only ids and codes. */
export interface AuditRow extends TenantRow {
  at: Date;
  actor: string;
  accountId: Types.ObjectId | null;
  action: string;
  subjectType: string;
  subjectId: string;
  from: string | null;
  to: string | null;
  reason: string | null;
  facts: Record<string, unknown>;
  requestId: string;
}

const auditSchema = new Schema({
  ...tenantFields,
  at: { type: Date, required: true },
  actor: { type: String, required: true },
  accountId: { type: Schema.Types.ObjectId, default: null },
  action: { type: String, required: true },
  subjectType: { type: String, required: true },
  subjectId: { type: String, required: true },
  from: { type: String, default: null },
  to: { type: String, default: null },
  reason: { type: String, default: null },
  facts: { type: Schema.Types.Mixed, default: {} },
  requestId: { type: String, required: true },
});
auditSchema.index({ tenantId: 1, at: -1, _id: -1 });
auditSchema.index({ tenantId: 1, subjectType: 1, subjectId: 1, at: -1 });

// Inspections ask by what was done and by who did it; both stay quick in a trail of millions.
auditSchema.index({ tenantId: 1, action: 1, at: -1, _id: -1 });
auditSchema.index({ tenantId: 1, accountId: 1, at: -1, _id: -1 });

export const AuditModel = tenantModel<AuditRow>('AuditEntry', auditSchema);

export interface AuditEntry {
  /** `feature/verb`, e.g. `assignments/accept`. */
  readonly action: string;
  readonly subjectType: string;
  readonly subjectId: string | Types.ObjectId;
  readonly from?: string | null;
  readonly to?: string | null;
  readonly reason?: string | null;
  /** Ids, codes and numbers only. */
  readonly facts?: Record<string, unknown>;
}

/** The audit row of a change by the context's actor, not written yet: for seeds, which insert many at once. */
export function auditRow(entry: AuditEntry): Omit<AuditRow, '_id' | 'tenantId'> {
  const { actor, requestId } = requireContext();
  return {
    at: contextNow(),
    actor: actorLabel(actor),
    accountId: actor.kind === 'account' ? (actor.accountId as unknown as Types.ObjectId) : null,
    action: entry.action,
    subjectType: entry.subjectType,
    subjectId: String(entry.subjectId),
    from: entry.from ?? null,
    to: entry.to ?? null,
    reason: entry.reason ?? null,
    facts: entry.facts ?? {},
    requestId,
  };
}

/** Writes the audit row of a change, in the change's own transaction (a bug otherwise). */
export async function recordAudit(entry: AuditEntry): Promise<void> {
  requireTransaction('An audit row');
  const write = async (): Promise<void> => {
    await AuditModel.create([auditRow(entry) as never]);
  };
  // Changes outside any tenant (an account's own password) are kept with the platform's rows.
  if (requireContext().tenantId) await write();
  else await asPlatform(write);
}
