import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a mailed link stands for: one offer of one tenant. */
export interface OfferRef {
  readonly tenantId: string;
  readonly offerId: string;
}

/** 24 bytes of ids and 24 of the signature, base64url. */
export const LINK_PATTERN = /^[A-Za-z0-9_-]{64}$/;
const SIGNATURE_BYTES = 24;

const signature = (key: Buffer, ids: Buffer): Buffer =>
  createHmac('sha256', key).update('offer-answer:').update(ids).digest().subarray(0, SIGNATURE_BYTES);

/**
 * The token of a link in an offer's mail. Signed, not stored: the offer itself says whether it can still be answered, so
 * a link works once by nature, and neither database nor outbox holds one (S-18).
 */
export function signOfferLink(key: Buffer, { tenantId, offerId }: OfferRef): string {
  const ids = Buffer.from(tenantId + offerId, 'hex');
  return Buffer.concat([ids, signature(key, ids)]).toString('base64url');
}

/** What a token stands for; null when we never made it. */
export function readOfferLink(key: Buffer, token: string): OfferRef | null {
  if (!LINK_PATTERN.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  const ids = bytes.subarray(0, -SIGNATURE_BYTES);
  if (!timingSafeEqual(bytes.subarray(-SIGNATURE_BYTES), signature(key, ids))) return null;
  const text = ids.toString('hex');
  return { tenantId: text.slice(0, 24), offerId: text.slice(24) };
}
