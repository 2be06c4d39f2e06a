/**
 * RFC 8785 (JSON Canonicalization Scheme): one value, one text. Signatures are made over its UTF-8 bytes, so a reader in
 * any language can rebuild exactly what was signed.
 */
export class NotCanonical extends Error {
  override name = 'NotCanonical';
}

/** Deeper values are refused before they can exhaust the stack; ours are five levels deep. */
const DEEPEST = 64;

/**
 * The canonical text of a JSON value. Members are ordered by UTF-16 code units, numbers written as ECMAScript does.
 * @throws NotCanonical for what JSON cannot say: undefined, NaN, infinities, lone surrogates, functions, class instances
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (depth > DEEPEST) throw new NotCanonical('nested too deeply');
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new NotCanonical(`${value} is not a JSON number`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object') return writeObject(value, depth);
  throw new NotCanonical(`${typeof value} is not JSON`);
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new NotCanonical('only plain objects are JSON');
  const members = Object.entries(value)
    // The default order of strings is by UTF-16 code units, as section 3.2.3 wants.
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${writeString(key)}:${write(member, depth + 1)}`);
  return `{${members.join(',')}}`;
}

function writeString(text: string): string {
  // JSON.stringify would hide a lone surrogate behind an escape; RFC 8785 wants it refused.
  if (!text.isWellFormed()) throw new NotCanonical('a text holds half a character');
  return JSON.stringify(text);
}

/**
 * Reads bytes that must be canonical JSON to the last byte: white space, another order, a byte-order mark, an
 * alternative escape or anything after the value is refused, so that no byte can change unnoticed.
 * @throws NotCanonical
 */
export function parseCanonicalJson(bytes: Uint8Array): unknown {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (err) {
    throw new NotCanonical('not JSON', { cause: err });
  }
  if (canonicalJson(value) !== text) throw new NotCanonical('not in canonical form');
  return value;
}
