import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const HEX24 = /^[0-9a-f]{24}$/;

/** Whether the text has the form of one of our ids. A wrong form is answered like a missing one: 404. */
export const isId = (value: unknown): value is string => typeof value === 'string' && HEX24.test(value);

/** A URL-safe random token; 32 bytes = 256 bits unless told. */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString('base64url');

/** Tokens are stored only as their SHA-256 (S-18). */
export const hashToken = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');

/** Compares two secrets of any length in constant time. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
