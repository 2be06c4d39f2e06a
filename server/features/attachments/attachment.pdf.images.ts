/**
 * What cameras and programs write beside a picture (where, when, with what, by whom) taken out of pictures as a PDF holds
 * them; the pixels stay as they are, byte for byte.
 */

const [MARK, START, END_OF_IMAGE, START_OF_SCAN] = [0xff, 0xd8, 0xd9, 0xda];
/** EXIF and XMP, Photoshop's own, comments. APP0, APP2 (colours) and APP14 (how colours are coded) are needed to draw. */
const TELLING = new Set([0xe1, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xef, 0xfe]);

/** A JPEG without its telling segments; null when it is none. */
export function bareJpeg(bytes: Uint8Array): Uint8Array | null {
  if (bytes[0] !== MARK || bytes[1] !== START) return null;
  const parts = [bytes.subarray(0, 2)];
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== MARK) return null;
    const kind = bytes[at + 1] ?? 0;
    // Marks may be filled up with more of the same.
    if (kind === MARK) {
      at += 1;
      continue;
    }
    if (kind === END_OF_IMAGE) break;
    const end = at + 2 + ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0);
    if (end > bytes.length || end < at + 4) return null;
    if (kind === START_OF_SCAN) {
      parts.push(bytes.subarray(at, endOfImage(bytes, end)));
      return Buffer.concat(parts);
    }
    if (!TELLING.has(kind)) parts.push(bytes.subarray(at, end));
    at = end;
  }
  return null;
}

/** Behind the last mark that ends the picture: what was hung on behind it is none of it. Without such a mark all is kept. */
function endOfImage(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at + 1 < bytes.length) {
    const next = bytes.indexOf(MARK, at);
    if (next < 0 || next + 1 >= bytes.length) return bytes.length;
    const kind = bytes[next + 1] ?? 0;
    if (kind === END_OF_IMAGE) return next + 2;
    // A segment between two scans of a progressive picture may hold any byte.
    const segment = kind !== 0 && kind !== MARK && !(kind >= 0xd0 && kind <= 0xd7);
    at =
      next + (segment ? 2 + ((bytes[next + 2] ?? 0) << 8) + (bytes[next + 3] ?? 0) : kind === MARK ? 1 : 2);
  }
  return bytes.length;
}

const TELLING_BOXES = new Set(['uuid', 'xml ']);

/** A JPEG 2000 without boxes that tell; one without boxes is as it was. Null when it is broken. */
export function bareJpeg2000(bytes: Uint8Array): Uint8Array | null {
  if (bytes[0] === MARK) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const said = view.getUint32(at);
    const size =
      said === 0
        ? bytes.length - at
        : said !== 1
          ? said
          : at + 16 <= bytes.length
            ? Number(view.getBigUint64(at + 8))
            : 0;
    if (size < 8 || at + size > bytes.length) return null;
    const kind = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    if (!TELLING_BOXES.has(kind)) parts.push(bytes.subarray(at, at + size));
    at += size;
  }
  return parts.length === 0 ? null : Buffer.concat(parts);
}
