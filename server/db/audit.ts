import { Schema, Types } from 'mongoose';
import { actorLabel } from '../core/actor.ts';
import { asPlatform, contextNow, requireContext } from '../core/context.ts';
import { macOf } from './audit-text.ts';
import type { AuditAction } from './audit-verbs.ts';
import { insertRows } from './insert.ts';
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
auditSchema.index({ tenantId: 1, subjectType: 1, at: -1, _id: -1 });
auditSchema.index({ tenantId: 1, subjectType: 1, subjectId: 1, at: -1, _id: -1 });
auditSchema.index({ tenantId: 1, subjectId: 1, at: -1, _id: -1 });

// Inspections ask by what was done and by who did it; both stay quick in a trail of millions.
auditSchema.index({ tenantId: 1, action: 1, at: -1, _id: -1 });
auditSchema.index({ tenantId: 1, accountId: 1, at: -1, _id: -1 });

export const AuditModel = tenantModel<AuditRow>('AuditEntry', auditSchema);

/**
 * An entry that no seal covers yet: written with it, taken away by the sweep that seals it. What is in neither place was not
 * written by Linli; the mark says so even of who writes both, since its key is outside the database.
 */
export interface UnsealedRow extends TenantRow {
  /** The entry's own id. */
  at: Date;
  /** Null for entries from before there were seals. */
  mac: string | null;
}

const unsealedSchema = new Schema({
  ...tenantFields,
  at: { type: Date, required: true },
  mac: { type: String, default: null },
});
unsealedSchema.index({ tenantId: 1, _id: 1 });

export const UnsealedModel = tenantModel<UnsealedRow>('UnsealedAudit', unsealedSchema);

let macKey: Buffer | null = null;

/** The key that entries are marked with until they are sealed; the composition root gives it once. */
export const provideAuditKey = (key: Buffer): void => {
  macKey = key;
};

/** The mark of an entry, hex. @throws Error (a bug) before the key was provided */
export function auditMac(row: Omit<AuditRow, 'tenantId'>): string {
  if (!macKey) throw new Error('No key for audit entries: compose first');
  return macOf(row, macKey);
}

export interface AuditEntry {
  readonly action: AuditAction;
  readonly subjectType: string;
  readonly subjectId: string | Types.ObjectId;
  readonly from?: string | null;
  readonly to?: string | null;
  readonly reason?: string | null;
  /** Ids, codes and numbers only. */
  readonly facts?: Record<string, unknown>;
}

/** What the account did first in the context's tenant, at most `limit` entries, as the names of its actions. */
export async function firstActionsOf(accountId: string, limit: number): Promise<Set<string>> {
  const rows = await AuditModel.find({ accountId })
    .sort({ at: 1, _id: 1 })
    .limit(limit)
    .select({ action: 1 })
    .lean();
  return new Set(rows.map(({ action }) => action));
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
  await recordAuditRows([auditRow(entry)]);
}

/** The same for many at once. */
export async function recordAuditRows(rows: readonly ReturnType<typeof auditRow>[]): Promise<void> {
  requireTransaction('An audit row');
  // Changes outside any tenant (an account's own password) are kept with the platform's rows.
  if (requireContext().tenantId) await writeAuditRows(rows);
  else await asPlatform(() => writeAuditRows(rows));
}

/** Writes entries into the current tenant in no transaction: for seeds, which begin anew when they are cut off. */
export async function writeAuditRows(rows: readonly ReturnType<typeof auditRow>[]): Promise<void> {
  const made = rows.map((row) => ({ _id: new Types.ObjectId(), ...row }));
  await insertRows('AuditEntry', made);
  await insertRows(
    'UnsealedAudit',
    made.map((row) => ({ _id: row._id, at: row.at, mac: auditMac(row) })),
  );
}

/** Things of this type that changed outside any organisation after `since`, the latest first, of at most so many changes. */
export async function changedSince(subjectType: string, since: Date, limit: number): Promise<string[]> {
  const rows = await asPlatform(() =>
    AuditModel.find({ subjectType, at: { $gt: since } })
      .sort({ at: -1, _id: -1 })
      .limit(limit)
      .select({ subjectId: 1 })
      .lean(),
  );
  return [...new Set(rows.map(({ subjectId }) => subjectId))];
}
