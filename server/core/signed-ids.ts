import { createHmac, timingSafeEqual } from 'node:crypto';

/** Two ids of 12 bytes and 24 bytes of the signature, base64url. */
export const SIGNED_IDS = /^[A-Za-z0-9_-]{64}$/;
const SIGNATURE_BYTES = 24;

const signature = (key: Buffer, purpose: string, ids: Buffer): Buffer =>
  createHmac('sha256', key).update(`${purpose}:`).update(ids).digest().subarray(0, SIGNATURE_BYTES);

/**
 * A token for a mailed link that stands for two ids and one purpose. Signed, not stored: neither database nor outbox holds
 * one (S-18), and what it may still do is said by the rows it names.
 */
export function signIds(key: Buffer, purpose: string, first: string, second: string): string {
  const ids = Buffer.from(first + second, 'hex');
  return Buffer.concat([ids, signature(key, purpose, ids)]).toString('base64url');
}

/** The two ids of a token; null when we never made it for this purpose. */
export function readSignedIds(key: Buffer, purpose: string, token: string): [string, string] | null {
  if (!SIGNED_IDS.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  const ids = bytes.subarray(0, -SIGNATURE_BYTES);
  if (!timingSafeEqual(bytes.subarray(-SIGNATURE_BYTES), signature(key, purpose, ids))) return null;
  const text = ids.toString('hex');
  return [text.slice(0, 24), text.slice(24)];
}
