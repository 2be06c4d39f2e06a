import { createHash, createHmac } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.ts';

/** What of an audit entry is hashed and marked: everything that it says. */
interface Said {
  readonly _id: unknown;
  readonly at: Date;
  readonly actor: string;
  readonly accountId: unknown;
  readonly action: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly reason: string | null;
  readonly facts: unknown;
  readonly requestId: string;
}

/** One text for an entry, whether it was just made or read back: absent and null are one, half characters as they are stored. */
export function auditText(row: Said): string {
  const { at, actor, accountId, action, subjectType, subjectId, from, to, reason, facts, requestId } = row;
  const said = { id: row._id, at, actor, accountId, action, subjectType, subjectId, from, to, reason, facts };
  return canonicalJson(plain({ ...said, requestId }));
}

function plain(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  const prototype: unknown = Object.getPrototypeOf(value);
  // Ids and whatever else the database has a type for.
  if (prototype !== Object.prototype && prototype !== null) return String(value);
  return Object.fromEntries(
    Object.entries(value as object)
      .map(([key, member]) => [key.toWellFormed(), plain(member)] as const)
      .filter(([, member]) => member !== null),
  );
}

/** The mark of an entry that waits for its seal: HMAC-SHA-256, hex. */
export const macOf = (row: Said, key: Buffer): string =>
  createHmac('sha256', key).update(auditText(row)).digest('hex');

/** One link of a tenant's chain: SHA-256, hex, over the link before it, its number and what the entry says (null: it is gone). */
export const linkOf = (previousHash: string, sequence: number, row: Said | null): string =>
  createHash('sha256')
    .update(`${previousHash} ${sequence} ${row === null ? '' : auditText(row)}`)
    .digest('hex');
