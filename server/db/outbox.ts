import { Schema } from 'mongoose';
import type { Types } from 'mongoose';
import { randomToken } from '../core/ids.ts';
import { wake } from '../core/wake.ts';
import { asPlatform, asTenant, contextNow, requireContext } from '../core/context.ts';
import { tenantModel } from './registry.ts';
import type { TenantRow } from './registry.ts';
import { tenantFields } from './tenancy.ts';
import { afterCommit, requireTransaction } from './transaction.ts';

/**
 * What must follow a change, written in the change's own transaction (F-21). Rows hold ids, never addresses, names or
 * secrets: the message is loaded and rendered when it is sent, and dropped when it is no longer wanted (F-22).
 */
export type OutboxState = 'waiting' | 'sent' | 'dropped' | 'dead';

export interface OutboxRow extends TenantRow {
  state: OutboxState;
  dueAt: Date;
  kind: string;
  subjectId: string;
  /** Extra ids and codes the message needs, e.g. `{ tokenId }`. */
  data: Record<string, string | number | null>;
  dedupeKey: string;
  messageId: string;
  createdAt: Date;
  expiresAt: Date | null;
  sentAt: Date | null;
}

const outboxSchema = new Schema({
  ...tenantFields,
  state: { type: String, enum: ['waiting', 'sent', 'dropped', 'dead'], required: true, default: 'waiting' },
  dueAt: { type: Date, required: true },
  kind: { type: String, required: true },
  subjectId: { type: String, required: true },
  data: { type: Schema.Types.Mixed, default: {} },
  dedupeKey: { type: String, required: true },
  messageId: { type: String, required: true },
  createdAt: { type: Date, required: true },
  expiresAt: { type: Date, default: null },
  sentAt: { type: Date, default: null },
});
outboxSchema.index({ tenantId: 1, dedupeKey: 1 }, { unique: true });
// Sweeps look across tenants for what is due; the partial index holds only that.
outboxSchema.index({ dueAt: 1, _id: 1 }, { partialFilterExpression: { state: 'waiting' } });
outboxSchema.index({ tenantId: 1, createdAt: -1, _id: -1 });

export const OutboxModel = tenantModel<OutboxRow>('OutboxMessage', outboxSchema);

export interface NewMessage {
  /** `feature/past`, e.g. `assignments/accepted`: the key of its definition. */
  readonly kind: string;
  readonly subjectId: string | Types.ObjectId;
  readonly data?: Record<string, string | number | null>;
  /** Same key, same message: written at most once per tenant. */
  readonly dedupeKey: string;
  /** Not before this instant; now when left out. */
  readonly dueAt?: Date;
  /** Dropped unsent after this instant. */
  readonly expiresAt?: Date;
  /** The platform's own messages (accounts) belong to no tenant. */
  readonly platform?: boolean;
}

/** Adds a message to the outbox; the second call with the same dedupeKey changes nothing. */
export async function addMessage(message: NewMessage): Promise<void> {
  requireTransaction('An outbox message');
  const { tenantId } = requireContext();
  const write = async (): Promise<void> => {
    const existing = await OutboxModel.exists({ dedupeKey: message.dedupeKey });
    if (existing) return;
    const createdAt = contextNow();
    // A rival transaction with the same cause makes this one conflict and retry; it then finds the row above.
    await OutboxModel.create([
      {
        kind: message.kind,
        subjectId: String(message.subjectId),
        data: message.data ?? {},
        dedupeKey: message.dedupeKey,
        messageId: randomToken(16),
        createdAt,
        dueAt: message.dueAt ?? createdAt,
        expiresAt: message.expiresAt ?? null,
      } as never,
    ]);
  };
  afterCommit(() => wake('messages/deliver'));
  if (message.platform || !tenantId) await asPlatform(write);
  else await asTenant(tenantId, write);
}
