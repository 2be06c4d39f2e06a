import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * Single fields encrypted and authenticated (S-47): AES-256-GCM, a random 96-bit nonce, a tag of 16 bytes always, and
 * the place of the field as additional data, so that a sealed value is worth nothing anywhere else.
 */
export interface SealingKeys {
  /** The key that seals now. */
  readonly currentId: string;
  /** Every key that may still open, 32 bytes each. */
  readonly keys: ReadonlyMap<string, Buffer>;
}

/** Where a sealed value stands; `tenant` is `platform` for what belongs to nobody's tenant. */
export interface SealedPlace {
  readonly tenant: string;
  readonly collection: string;
  readonly document: string;
  readonly field: string;
}

/** A sealed value that does not open: damaged, moved, or of a key that is not here. Never says what it holds. */
export class SealBroken extends Error {
  override name = 'SealBroken';
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const additionalData = (place: SealedPlace, keyId: string): Buffer =>
  Buffer.from(JSON.stringify([place.tenant, place.collection, place.document, place.field, keyId]));

/** The text as `1.<key id>.<nonce>.<ciphertext and tag>`, base64url. */
export function seal(keys: SealingKeys, text: string, place: SealedPlace): string {
  const key = keys.keys.get(keys.currentId);
  if (!key) throw new SealBroken(`There is no key ${keys.currentId}`);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(place, keys.currentId));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return ['1', keys.currentId, nonce.toString('base64url'), sealed.toString('base64url')].join('.');
}

/** @throws SealBroken unless every bit of it is as it was sealed, at this place */
export function openSeal(keys: SealingKeys, sealed: string, place: SealedPlace): string {
  const [version, keyId = '', nonceText = '', body = '', ...rest] = sealed.split('.');
  const key = keys.keys.get(keyId);
  const nonce = Buffer.from(nonceText, 'base64url');
  const bytes = Buffer.from(body, 'base64url');
  if (version !== '1' || rest.length > 0 || nonce.length !== NONCE_BYTES || bytes.length <= TAG_BYTES)
    throw new SealBroken('Not a sealed value');
  if (!key) throw new SealBroken(`There is no key ${keyId}`);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(place, keyId));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    // Nothing of it is used before the tag was checked.
    const plain = [decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES)), decipher.final()];
    return Buffer.concat(plain).toString('utf8');
  } catch (err) {
    throw new SealBroken('The seal does not hold', { cause: err });
  }
}
