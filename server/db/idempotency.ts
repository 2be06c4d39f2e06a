import { createHash } from 'node:crypto';
import mongoose, { Schema } from 'mongoose';
import { asPlatform, contextNow, requireContext } from '../core/context.ts';
import { Conflict, Invalid } from '../core/errors.ts';
import { hasLabel } from './outage.ts';
import { tenantModel } from './registry.ts';
import type { TenantRow } from './registry.ts';
import { tenantFields } from './tenancy.ts';
import { isDuplicateKey, requireTransaction } from './transaction.ts';

/**
 * "Same key, same answer, one effect" (F-3). The row is inserted first and completed in the transaction of the effect
 * itself, so an aborted effect leaves no key behind and a committed one always leaves its answer.
 */
interface IdempotencyRow extends TenantRow {
  account: string;
  route: string;
  key: string;
  fingerprint: string;
  output: unknown;
  createdAt: Date;
}

const idempotencySchema = new Schema({
  ...tenantFields,
  account: { type: String, required: true },
  route: { type: String, required: true },
  key: { type: String, required: true },
  fingerprint: { type: String, required: true },
  output: { type: Schema.Types.Mixed, default: null },
  createdAt: { type: Date, required: true },
});
idempotencySchema.index({ tenantId: 1, account: 1, route: 1, key: 1 }, { unique: true });
// Kept for two days: longer than any client retries, short enough to stay small.
idempotencySchema.index({ createdAt: 1 }, { expireAfterSeconds: 2 * 24 * 3600 });

export const IdempotencyModel = tenantModel<IdempotencyRow>('IdempotencyKey', idempotencySchema);

export interface IdempotentCall {
  readonly route: string;
  readonly key: string;
  readonly input: unknown;
}

export const fingerprintOf = (input: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(input) ?? '')
    .digest('hex');

/**
 * Runs the effect once per key. Call inside the transaction of the effect.
 * @throws Conflict `request-in-flight` while another call with the key is running
 * @throws Invalid `idempotency-key-reused` when the key came with another body
 */
export async function once<T>(
  call: IdempotentCall,
  effect: () => Promise<T>,
): Promise<{ output: T; replayed: boolean }> {
  requireTransaction('An idempotency key');
  const { actor, tenantId } = requireContext();
  const scope = {
    account: actor.kind === 'account' ? actor.accountId : 'anonymous',
    route: call.route,
    key: call.key,
  };
  const fingerprint = fingerprintOf(call.input);
  const inScope = <R>(work: () => Promise<R>): Promise<R> => (tenantId ? work() : asPlatform(work));
  const found = await inScope(async () => await IdempotencyModel.findOne(scope).lean());
  if (found) {
    if (found.fingerprint !== fingerprint) throw new Invalid([], 'idempotency-key-reused');
    return { output: found.output as T, replayed: true };
  }
  await inScope(() => reserve({ ...scope, fingerprint }));
  const output = await effect();
  await inScope(async () => {
    await IdempotencyModel.updateOne(scope, { $set: { output: output ?? null } });
  });
  return { output, replayed: false };
}

async function reserve(row: Record<string, unknown>): Promise<void> {
  try {
    await IdempotencyModel.create([{ ...row, createdAt: contextNow() } as never]);
  } catch (err) {
    // A conflict on this insert can only be the same key in another open transaction: tell, rather than wait and retry.
    const inFlight =
      isDuplicateKey(err) ||
      (err instanceof mongoose.mongo.MongoServerError &&
        err.code === 112 &&
        hasLabel(err, 'TransientTransactionError'));
    if (inFlight) throw new Conflict('request-in-flight');
    throw err;
  }
}
