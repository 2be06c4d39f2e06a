import { randomBytes, sign, verify } from 'node:crypto';
import type { SigningKeys, TrustedKeys } from '../../core/keys.ts';
import { canonicalJson, NotCanonical, parseCanonicalJson } from '../../core/canonical-json.ts';
import { certificateStatementSchema } from './certificate.types.ts';
import type { CertificateStatement } from './certificate.types.ts';

/**
 * The signed JSON is `{"signature":"…","statement":{…}}` in RFC 8785 form: an Ed25519 signature in base64url over the
 * canonical JSON of the statement, which names the key. Statements carry their type, so a signature over one can never
 * pass for a signature over something else made with the same key.
 */
export type InvalidReason =
  | 'not-a-certificate'
  | 'not-canonical'
  | 'signature-malformed'
  | 'unknown-key'
  | 'signature-wrong'
  | 'statement-missing'
  | 'pdf-changed'
  | 'too-large';

export type Verdict =
  | { readonly valid: true; readonly form: 'json' | 'pdf'; readonly statement: CertificateStatement }
  | { readonly valid: false; readonly reason: InvalidReason };

/** Larger files are not ours; reading stops before anything is parsed. */
const LARGEST_JSON = 4 * 1024 * 1024;

const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A public verification code: 26 characters of Crockford's base 32, 130 random bits (S-57), readable from paper. */
export function newVerificationCode(): string {
  return Array.from(randomBytes(26), (byte) => CODE_ALPHABET[byte & 31]).join('');
}

/**
 * Signs a statement with the current key and returns the signed JSON, byte for byte what is stored and handed out.
 * @throws Error when the statement names another key than the one that signs
 */
export function signStatement(statement: CertificateStatement, keys: SigningKeys): string {
  if (statement.keyId !== keys.currentId)
    throw new Error('The statement names another key than the current one.');
  const signature = sign(null, signedBytes(statement), keys.privateKey).toString('base64url');
  return canonicalJson({ signature, statement });
}

const signedBytes = (statement: unknown): Buffer => Buffer.from(canonicalJson(statement), 'utf8');

/** Checks a signed JSON against the trusted keys: every byte counts, nothing but the exact canonical text is valid. */
export function verifySignedJson(bytes: Uint8Array, trusted: TrustedKeys): Verdict {
  if (bytes.length > LARGEST_JSON) return invalid('too-large');
  let value: unknown;
  try {
    value = parseCanonicalJson(bytes);
  } catch (err) {
    if (!(err instanceof NotCanonical)) throw err;
    return invalid(err.cause === undefined ? 'not-canonical' : 'not-a-certificate');
  }
  if (!isEnvelope(value)) return invalid('not-a-certificate');
  const signature = Buffer.from(value.signature, 'base64url');
  // Base64 has several spellings of one value; only ours is accepted.
  if (signature.length !== 64 || signature.toString('base64url') !== value.signature)
    return invalid('signature-malformed');
  const key = trusted.get(value.statement.keyId);
  if (!key) return invalid('unknown-key');
  if (!verify(null, signedBytes(value.statement), key, signature)) return invalid('signature-wrong');
  const statement = certificateStatementSchema.safeParse(value.statement);
  return statement.success
    ? { valid: true, form: 'json', statement: statement.data }
    : invalid('not-a-certificate');
}

export const invalid = (reason: InvalidReason): Verdict => ({ valid: false, reason });

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
