import { Schema } from 'mongoose';
import { now } from '../core/clock.ts';
import { globalModel } from './registry.ts';
import { isDuplicateKey } from './transaction.ts';

/**
 * Which background row is being worked on by whom, and how often it failed. One mechanism for every sweep: a claim is a
 * lease with a version, so a worker frozen past its lease cannot report on newer work (F-19); failures back off and end
 * as dead letters that an operator can retry (F-20).
 */
export interface ClaimRow {
  /** `sweep name:row id`. */
  _id: string;
  sweep: string;
  rowId: string;
  tenantId: string;
  leaseUntil: Date;
  version: number;
  attempts: number;
  nextAt: Date;
  dead: boolean;
  lastError: string | null;
}

const claimSchema = new Schema({
  _id: { type: String, required: true },
  sweep: { type: String, required: true },
  rowId: { type: String, required: true },
  tenantId: { type: String, required: true },
  leaseUntil: { type: Date, required: true },
  version: { type: Number, required: true },
  attempts: { type: Number, required: true },
  nextAt: { type: Date, required: true },
  dead: { type: Boolean, required: true, default: false },
  lastError: { type: String, default: null },
});
claimSchema.index({ sweep: 1, dead: 1, nextAt: 1 });

export const ClaimModel = globalModel<ClaimRow>(
  'WorkClaim',
  claimSchema,
  'background work spans tenants; rows hold ids only',
);

export const MAX_ATTEMPTS = 8;

/** Milliseconds to wait after so many failures: 5 s doubling to an hour, spread by ±20 % so that retries do not march in step. */
export function backOffMs(attempts: number, random: () => number = Math.random): number {
  const base = Math.min(5_000 * 2 ** Math.max(0, attempts - 1), 3_600_000);
  return Math.round(base * (0.8 + 0.4 * random()));
}

/** Ids that this sweep must leave alone now: leased, backing off, or dead. */
export async function unavailableIds(sweep: string, limit = 5_000): Promise<string[]> {
  const at = now();
  const rows = await ClaimModel.find({
    sweep,
    $or: [{ dead: true }, { leaseUntil: { $gt: at } }, { nextAt: { $gt: at } }],
  })
    .select({ rowId: 1 })
    .limit(limit)
    .lean();
  return rows.map((row) => row.rowId);
}

/** Takes the row for `leaseMs`; null when somebody else has it. */
export async function claim(
  sweep: string,
  rowId: string,
  tenantId: string,
  leaseMs: number,
): Promise<ClaimRow | null> {
  const at = now();
  const key = `${sweep}:${rowId}`;
  try {
    return (await ClaimModel.findOneAndUpdate(
      { _id: key, dead: false, leaseUntil: { $lte: at }, nextAt: { $lte: at } },
      {
        $set: { leaseUntil: new Date(at.getTime() + leaseMs) },
        $inc: { version: 1, attempts: 1 },
        $setOnInsert: { sweep, rowId, tenantId, nextAt: at },
      },
      { upsert: true, returnDocument: 'after' },
    ).lean()) as ClaimRow | null;
  } catch (err) {
    // The row exists but is not free: the upsert then tries to insert its key a second time.
    if (isDuplicateKey(err)) return null;
    throw err;
  }
}

/** The work is done: forget the claim, if it is still this one. */
export async function release(held: ClaimRow): Promise<void> {
  await ClaimModel.deleteOne({ _id: held._id, version: held.version });
}

/** The work failed: try later, or give up after `MAX_ATTEMPTS`. @returns whether it is dead now */
export async function fail(held: ClaimRow, error: string): Promise<boolean> {
  const dead = held.attempts >= MAX_ATTEMPTS;
  const at = now();
  await ClaimModel.updateOne(
    { _id: held._id, version: held.version },
    {
      $set: {
        leaseUntil: at,
        nextAt: new Date(at.getTime() + backOffMs(held.attempts)),
        dead,
        lastError: error.slice(0, 500),
      },
    },
  );
  return dead;
}

/** Brings a dead or waiting row back at once. @returns whether there was one */
export async function retryClaim(id: string): Promise<boolean> {
  const result = await ClaimModel.deleteOne({ _id: id, leaseUntil: { $lte: now() } });
  return result.deletedCount === 1;
}
