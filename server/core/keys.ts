import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * Key files below the data folder: folders 0700, files 0600, made once on first use. A file appears complete or not at
 * all (written aside, then hard-linked to its name), so two processes that start together agree on one key. Nothing that
 * is broken is ever replaced silently: with a new key, what the old one signed or encrypted would be lost.
 */
export class KeyFileError extends Error {
  override name = 'KeyFileError';
}

/** The public half of an Ed25519 key as stored and served (RFC 8037); `kid` is our key id. */
export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
}

/** Public keys by key id: what a verifier trusts. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>;

export interface SigningKeys {
  /** Key id of the key that signs now. */
  readonly currentId: string;
  readonly privateKey: KeyObject;
  /** Current and retired keys, newest first: signatures of retired ones stay valid. */
  readonly trusted: TrustedKeys;
  /** The same as a JSON Web Key Set, to be published. */
  readonly jwks: { readonly keys: readonly PublicJwk[] };
}

const PRIVATE_FILE = /^(\d{4})\.key\.json$/;
const PUBLIC_FILE = /\.pub\.json$/;

/**
 * The first 16 hex digits of the key's RFC 7638 thumbprint: SHA-256 over the canonical JSON of its public members.
 * @throws KeyFileError when the key is not Ed25519
 */
export function keyIdOf(key: KeyObject): string {
  if (key.asymmetricKeyType !== 'ed25519') throw new KeyFileError('Only Ed25519 keys are used here.');
  const { crv, kty, x } = createPublicKeyOf(key).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('hex').slice(0, 16);
}

/** The public half as a JWK with our key id. */
export function publicJwkOf(key: KeyObject): PublicJwk {
  const { x } = createPublicKeyOf(key).export({ format: 'jwk' });
  return { kty: 'OKP', crv: 'Ed25519', x: x ?? '', kid: keyIdOf(key) };
}

const createPublicKeyOf = (key: KeyObject): KeyObject => (key.type === 'public' ? key : createPublicKey(key));

/**
 * Reads the signing keys of a folder (`0001.key.json`, `0002.key.json` …; the highest number signs), making the first
 * one when there is none, and keeps `<key id>.pub.json` of each beside them for whoever verifies.
 * @throws KeyFileError when a file is damaged, or when public keys are left but no private one
 */
export function loadOrCreateSigningKeys(folder: string): SigningKeys {
  makePrivateFolder(folder);
  if (privateFiles(folder).length === 0) {
    if (readdirSync(folder).some((name) => PUBLIC_FILE.test(name))) {
      throw new KeyFileError(
        `${folder} holds public keys but no private one: restore the *.key.json files from the backup of the keys, or start a new key with a rotation.`,
      );
    }
    writeOnce(join(folder, privateName(1)), newPrivateKeyText());
  }
  return readSigningKeys(folder);
}

/** Adds a new key that signs from now on; the former ones stay trusted. Two rotations at once add one key each. */
export function rotateSigningKeys(folder: string): SigningKeys {
  makePrivateFolder(folder);
  let number = 1 + Math.max(0, ...privateFiles(folder).map((name) => Number(name.slice(0, 4))));
  while (!writeOnce(join(folder, privateName(number)), newPrivateKeyText())) number += 1;
  return readSigningKeys(folder);
}

const privateName = (number: number): string => `${String(number).padStart(4, '0')}.key.json`;

const privateFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => PRIVATE_FILE.test(name))
    .sort()
    .reverse();

const newPrivateKeyText = (): string =>
  `${JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }))}\n`;

function readSigningKeys(folder: string): SigningKeys {
  const privateKeys = privateFiles(folder).map((name) => readPrivateKey(join(folder, name)));
  const current = privateKeys[0];
  if (!current) throw new KeyFileError(`${folder} holds no signing key.`);
  for (const key of privateKeys) {
    const jwk = publicJwkOf(key);
    writeOnce(join(folder, `${jwk.kid}.pub.json`), `${JSON.stringify(jwk)}\n`, 0o644);
  }
  const newestFirst = privateKeys.map((key) => createPublicKey(key));
  const trusted = new Map(newestFirst.map((key) => [keyIdOf(key), key]));
  // A retired key whose private half was destroyed lives on as its public file alone.
  for (const [id, key] of readTrustedKeys(folder)) if (!trusted.has(id)) trusted.set(id, key);
  const jwks = { keys: [...trusted.values()].map(publicJwkOf) };
  return { currentId: keyIdOf(current), privateKey: current, trusted, jwks };
}

function readPrivateKey(file: string): KeyObject {
  const text = readPrivateFile(file);
  try {
    const key = createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' });
    keyIdOf(key);
    return key;
  } catch (err) {
    throw new KeyFileError(`${file} is not a usable Ed25519 key: restore it from the backup of the keys.`, {
      cause: err,
    });
  }
}

/**
 * The public keys of a file (JWK, JWK set or PEM) or of a folder's `*.pub.json`.
 * @throws KeyFileError when it cannot be read or holds something else
 */
export function readTrustedKeys(path: string): TrustedKeys {
  const files = isFolder(path)
    ? readdirSync(path)
        .filter((name) => PUBLIC_FILE.test(name))
        .sort()
        .map((name) => join(path, name))
    : [path];
  return new Map(files.flatMap(readPublicFile).map((key) => [keyIdOf(key), key]));
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (err) {
    throw unreadable(path, err);
  }
}

function readPublicFile(file: string): KeyObject[] {
  const text = readText(file);
  try {
    if (text.includes('-----BEGIN')) return pemBlocks(text).map((pem) => createPublicKey(pem));
    const value = JSON.parse(text) as { keys?: JsonWebKey[] } & JsonWebKey;
    return (value.keys ?? [value]).map(publicKeyOfJwk);
  } catch (err) {
    throw new KeyFileError(`${file} holds no usable Ed25519 public key (JWK, JWK set or PEM).`, {
      cause: err,
    });
  }
}

const pemBlocks = (text: string): string[] =>
  text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];

function publicKeyOfJwk(jwk: JsonWebKey & { kid?: string }): KeyObject {
  // Only the public members: a private key handed over by mistake still verifies, and nothing else of it is looked at.
  const { kty, crv, x } = jwk as { kty: string; crv: string; x: string };
  const key = createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
  if (jwk.kid !== undefined && jwk.kid !== keyIdOf(key))
    throw new KeyFileError(`Key ${jwk.kid} is mislabelled.`);
  return key;
}

/**
 * A random secret of `bytes` bytes, kept as base64url in `<name>.secret`, made on first use.
 * @throws KeyFileError when the file is damaged or has another length
 */
export function loadOrCreateSecret(folder: string, name: string, bytes = 32): Buffer {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new KeyFileError(`"${name}" is no name for a secret.`);
  makePrivateFolder(folder);
  const file = join(folder, `${name}.secret`);
  writeOnce(file, () => `${randomBytes(bytes).toString('base64url')}\n`);
  const text = readPrivateFile(file).trim();
  const secret = Buffer.from(text, 'base64url');
  if (secret.length !== bytes || secret.toString('base64url') !== text) {
    throw new KeyFileError(
      `${file} should hold ${bytes} bytes as base64url: restore it from the backup of the keys.`,
    );
  }
  return secret;
}

function makePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (err) {
    throw unreadable(folder, err);
  }
}

/** Creates the file with its whole content unless it exists; whether this call created it. */
function writeOnce(file: string, content: string | (() => string), mode = 0o600): boolean {
  if (exists(file)) return false;
  const aside = `${file}.${process.pid}.${randomBytes(6).toString('hex')}.part`;
  try {
    writeFileSync(aside, typeof content === 'string' ? content : content(), {
      mode,
      flag: 'wx',
      flush: true,
    });
    linkSync(aside, file);
    return true;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unreadable(file, err);
  } finally {
    if (exists(aside)) unlinkSync(aside);
  }
}

const exists = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;

/** Reads a secret file and closes it to others where a copy or restore had opened it. */
function readPrivateFile(file: string): string {
  const text = readText(file);
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  return text;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (err) {
    throw unreadable(file, err);
  }
}

const unreadable = (path: string, err: unknown): KeyFileError =>
  new KeyFileError(`${path} cannot be used (${(err as NodeJS.ErrnoException).code ?? 'error'}).`, {
    cause: err,
  });
