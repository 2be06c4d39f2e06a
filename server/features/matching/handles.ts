import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

const KEY_BYTES = 16;
const ID_BYTES = 12;
/** The rest of a block: nothing else deciphers to it under the position's key. */
const CHECK = Buffer.alloc(4);

/** Names that stand for one person on one position and say nothing else; only the key tells whom. */
export interface Handles {
  of(positionId: unknown, personId: unknown): string;
  /** The same for many people of one position: its key is made ready once. */
  at(positionId: unknown): (personId: unknown) => string;
  /** The person behind a handle of the position; null for anything else. */
  personBehind(positionId: unknown, handle: string): string | null;
}

/** Handles as one block each, the person's id enciphered under a key that each position has of its own. */
export function createHandles(secret: Buffer): Handles {
  const keyOf = (positionId: unknown): Buffer =>
    createHmac('sha256', secret)
      .update(`candidate:${String(positionId)}`)
      .digest()
      .subarray(0, KEY_BYTES);
  const at: Handles['at'] = (positionId) => {
    // One block of its own each: no mode could chain anything.
    const cipher = createCipheriv('aes-128-ecb', keyOf(positionId), null).setAutoPadding(false);
    return (personId) =>
      cipher.update(Buffer.concat([Buffer.from(String(personId), 'hex'), CHECK])).toString('base64url');
  };
  return {
    at,
    of: (positionId, personId) => at(positionId)(personId),
    personBehind(positionId, handle) {
      const block = Buffer.from(handle, 'base64url');
      if (block.length !== ID_BYTES + CHECK.length) return null;
      const plain = createDecipheriv('aes-128-ecb', keyOf(positionId), null)
        .setAutoPadding(false)
        .update(block);
      return plain.subarray(ID_BYTES).equals(CHECK) ? plain.subarray(0, ID_BYTES).toString('hex') : null;
    },
  };
}

/** No vowels, so that no word comes of it, and nothing that reads like another. */
const LETTERS = '23456789BCDFGHJKMNPQRTVWXY';
const MARK_LETTERS = 4;

/** Four letters of a handle, the same wherever the person stands for the position: two who have no name are told apart by them. */
export function markOf(handle: string): string {
  let rest = Buffer.from(handle, 'base64url').readUIntBE(0, 6);
  let mark = '';
  for (; mark.length < MARK_LETTERS; rest = Math.floor(rest / LETTERS.length))
    mark += LETTERS[rest % LETTERS.length] ?? '';
  return mark;
}
