import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

const TAG_BYTES = 4;
const ID_BYTES = 12;

/** Names that stand for one person on one position and say nothing else; only the key tells whom. */
export interface Handles {
  of(positionId: unknown, personId: unknown): string;
  /** The person behind a handle of the position; null for anything else. */
  personBehind(positionId: unknown, handle: string): string | null;
}

/** Handles as one enciphered block: the person's id, and a mark of the position that it holds for. */
export function createHandles(secret: Buffer): Handles {
  const key = createHmac('sha256', secret).update('handle-cipher').digest().subarray(0, 16);
  const tagOf = (positionId: unknown, personId: string): Buffer =>
    createHmac('sha256', secret)
      .update(`${String(positionId)}:${personId}`)
      .digest()
      .subarray(0, TAG_BYTES);
  // One block of its own each: no mode could chain anything.
  const cipher = (make: typeof createCipheriv | typeof createDecipheriv, block: Buffer): Buffer => {
    const one = make('aes-128-ecb', key, null).setAutoPadding(false);
    return Buffer.concat([one.update(block), one.final()]);
  };
  return {
    of(positionId, personId) {
      const id = String(personId);
      const block = Buffer.concat([Buffer.from(id, 'hex'), tagOf(positionId, id)]);
      return cipher(createCipheriv, block).toString('base64url');
    },
    personBehind(positionId, handle) {
      const block = Buffer.from(handle, 'base64url');
      if (block.length !== ID_BYTES + TAG_BYTES) return null;
      const plain = cipher(createDecipheriv, block);
      const id = plain.subarray(0, ID_BYTES).toString('hex');
      return tagOf(positionId, id).equals(plain.subarray(ID_BYTES)) ? id : null;
    },
  };
}
