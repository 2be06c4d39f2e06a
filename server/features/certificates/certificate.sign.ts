import { randomBytes } from 'node:crypto';
import type { SigningKeys, TrustedKeys } from '../../core/keys.ts';
import { openSignedJson, signJson } from '../../core/signed-json.ts';
import type { SignedFault } from '../../core/signed-json.ts';
import { certificateStatementSchema } from './certificate.types.ts';
import type { CertificateStatement } from './certificate.types.ts';

export type InvalidReason =
  | Exclude<SignedFault, 'not-signed-json'>
  | 'not-a-certificate'
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
export const signStatement = (statement: CertificateStatement, keys: SigningKeys): string =>
  signJson(statement, keys);

/** Checks a signed JSON against the trusted keys: every byte counts, nothing but the exact canonical text is valid. */
export function verifySignedJson(bytes: Uint8Array, trusted: TrustedKeys): Verdict {
  if (bytes.length > LARGEST_JSON) return invalid('too-large');
  const opened = openSignedJson(bytes, trusted);
  if ('fault' in opened)
    return invalid(opened.fault === 'not-signed-json' ? 'not-a-certificate' : opened.fault);
  const statement = certificateStatementSchema.safeParse(opened.statement);
  return statement.success
    ? { valid: true, form: 'json', statement: statement.data }
    : invalid('not-a-certificate');
}

export const invalid = (reason: InvalidReason): Verdict => ({ valid: false, reason });
