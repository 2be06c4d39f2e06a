import { hkdfSync } from 'node:crypto';

/**
 * Everything secret is derived from one master secret per installation, one purpose each, so that processes which share
 * the master agree and no derived key can stand in for another.
 */
export type SecretPurpose =
  | 'session'
  | 'account-token'
  | 'check-in-code'
  | 'candidate-handle'
  | 'offer-link'
  | 'search-link'
  | 'join-link'
  | 'print'
  | 'device-mark'
  | 'identity-seal'
  | 'identity-index'
  | 'audit-mark'
  | 'training-code';

/** 32 bytes for the purpose, HKDF-SHA-256 (RFC 5869). */
export function deriveSecret(master: Buffer, purpose: SecretPurpose): Buffer {
  return Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `linli/${purpose}/v1`, 32));
}
