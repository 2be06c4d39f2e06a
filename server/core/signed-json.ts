import { sign, verify } from 'node:crypto';
import { canonicalJson, NotCanonical, parseCanonicalJson } from './canonical-json.ts';
import type { SigningKeys, TrustedKeys } from './keys.ts';

/**
 * A statement that proves itself: `{"signature":"…","statement":{…}}` in RFC 8785 form, an Ed25519 signature in base64url over
 * the canonical JSON of the statement, which names the key. Statements carry their type, so a signature over one can never
 * pass for a signature over something else made with the same key.
 */
export type SignedFault =
  'not-signed-json' | 'not-canonical' | 'signature-malformed' | 'unknown-key' | 'signature-wrong';

export type Opened = { readonly statement: unknown } | { readonly fault: SignedFault };

/**
 * Signs a statement with the current key and returns the signed JSON, byte for byte what is stored and handed out.
 * @throws Error when the statement names another key than the one that signs
 */
export function signJson(statement: { readonly keyId: string }, keys: SigningKeys): string {
  if (statement.keyId !== keys.currentId)
    throw new Error('The statement names another key than the current one.');
  const signature = sign(null, signedBytes(statement), keys.privateKey).toString('base64url');
  return canonicalJson({ signature, statement });
}

const signedBytes = (statement: unknown): Buffer => Buffer.from(canonicalJson(statement), 'utf8');

/** Checks a signed JSON against the trusted keys: every byte counts, nothing but the exact canonical text is valid. */
export function openSignedJson(bytes: Uint8Array, trusted: TrustedKeys): Opened {
  let value: unknown;
  try {
    value = parseCanonicalJson(bytes);
  } catch (err) {
    if (!(err instanceof NotCanonical)) throw err;
    return { fault: err.cause === undefined ? 'not-canonical' : 'not-signed-json' };
  }
  if (!isEnvelope(value)) return { fault: 'not-signed-json' };
  const signature = Buffer.from(value.signature, 'base64url');
  // Base64 has several spellings of one value; only ours is accepted.
  if (signature.length !== 64 || signature.toString('base64url') !== value.signature)
    return { fault: 'signature-malformed' };
  const key = trusted.get(value.statement.keyId);
  if (!key) return { fault: 'unknown-key' };
  return verify(null, statementIn(bytes, value), key, signature)
    ? { statement: value.statement }
    : { fault: 'signature-wrong' };
}

/** The bytes that were signed: the whole is canonical, so the statement stands in it as its own canonical text. */
const statementIn = (bytes: Uint8Array, { signature }: Envelope): Uint8Array =>
  bytes.subarray(`{"signature":"${signature}","statement":`.length, -1);

interface Envelope {
  readonly signature: string;
  readonly statement: { readonly keyId: string };
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { signature, statement, ...others } = value as Record<string, unknown>;
  if (typeof signature !== 'string' || Object.keys(others).length > 0) return false;
  return (
    typeof statement === 'object' &&
    statement !== null &&
    typeof (statement as { keyId?: unknown }).keyId === 'string'
  );
}
