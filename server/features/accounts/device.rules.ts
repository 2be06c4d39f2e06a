import { createHmac, randomBytes } from 'node:crypto';
import { hashToken, sameSecret } from '../../core/ids.ts';

/**
 * A browser in which somebody has signed in to an account before carries a mark for that account. Guesses from it are
 * counted by themselves, so whoever floods an account with guesses from elsewhere cannot lock its owner out (S-17). The
 * mark proves nothing else: the password is needed all the same.
 */
export const newDeviceMark = (key: Buffer, emailKey: string, before: string | null = null): string => {
  // A browser keeps its name when another account signs in.
  const nonce = partsOf(before)?.nonce ?? randomBytes(16).toString('base64url');
  return `${nonce}.${sealOf(key, emailKey, nonce)}`;
};

/** The browser behind a mark, whatever account it is for; null when it is none. */
export function browserNameOf(mark: string | null): string | null {
  const parts = partsOf(mark);
  return parts ? hashToken(`browser:${parts.nonce}`) : null;
}

/** The name under which guesses of this browser are counted; null when the mark is not for this account. */
export function deviceNameOf(key: Buffer, emailKey: string, mark: string | null): string | null {
  const parts = partsOf(mark);
  if (!parts || !sameSecret(parts.seal, sealOf(key, emailKey, parts.nonce))) return null;
  return hashToken(`device:${parts.nonce}:${emailKey}`);
}

function partsOf(mark: string | null): { nonce: string; seal: string } | null {
  const [, nonce, seal] = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/.exec(mark ?? '') ?? [];
  return nonce !== undefined && seal !== undefined ? { nonce, seal } : null;
}

const sealOf = (key: Buffer, emailKey: string, nonce: string): string =>
  createHmac('sha256', key).update(`${nonce}:${emailKey}`).digest('base64url');
