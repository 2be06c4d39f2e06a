import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { unzipSync, Zip, ZipDeflate } from 'fflate';

/** A piece of the archive as it is kept, bytes. */
const PIECE = 1024 * 1024;
/** How much is packed before others get their turn, bytes: a few milliseconds of work. */
const SLICE = 128 * 1024;

export interface PackedFile {
  readonly bytes: number;
  /** SHA-256, hex. */
  readonly sha256: string;
}

export interface Packer {
  /** Adds a file of the archive. */
  add(name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<PackedFile>;
  /** Ends the archive; nothing can be added any more. */
  end(): Promise<PackedFile & { readonly pieces: number }>;
}

/**
 * Packs files into one zip archive, piece by piece: neither a file nor the archive is ever whole in memory.
 * @param at what the archive says of when its files were made
 * @param keep stores the next piece
 */
export function createPacker(at: Date, keep: (piece: Buffer, place: number) => Promise<void>): Packer {
  const whole = createHash('sha256');
  let waiting: Uint8Array[] = [];
  let held = 0;
  let bytes = 0;
  let pieces = 0;
  let fault: Error | null = null;
  const zip = new Zip((err, data) => {
    fault = err ?? fault;
    waiting.push(data);
    held += data.length;
  });

  async function flush(least: number): Promise<void> {
    if (fault) throw fault;
    if (held < least || held === 0) return;
    const piece = Buffer.concat(waiting);
    waiting = [];
    held = 0;
    whole.update(piece);
    bytes += piece.length;
    await keep(piece, pieces);
    pieces += 1;
  }

  return {
    async add(name, content) {
      const entry = new ZipDeflate(name, { level: 6 });
      entry.mtime = at;
      zip.add(entry);
      const hash = createHash('sha256');
      let size = 0;
      for await (const part of content)
        for (let from = 0; from < part.length; from += SLICE) {
          const slice = part.subarray(from, from + SLICE);
          hash.update(slice);
          size += slice.length;
          entry.push(slice);
          await flush(PIECE);
          await setImmediate();
        }
      entry.push(new Uint8Array(0), true);
      await flush(PIECE);
      return { bytes: size, sha256: hash.digest('hex') };
    },
    async end() {
      zip.end();
      await flush(0);
      return { bytes, pieces, sha256: whole.digest('hex') };
    },
  };
}

/** Largest file of an archive that is unpacked, and all of them together, bytes. */
const MOST_UNPACKED = 2 * 1024 * 1024 * 1024;

export class NotAnArchive extends Error {
  override name = 'NotAnArchive';
}

/** The files of an archive, unpacked in memory. @throws NotAnArchive for anything else, and for what would unpack to too much */
export function unpack(bytes: Uint8Array): Map<string, Uint8Array> {
  let total = 0;
  const names = new Set<string>();
  try {
    const files = unzipSync(bytes, {
      filter({ name, originalSize }) {
        total += originalSize;
        if (total > MOST_UNPACKED || names.has(name)) throw new NotAnArchive(name);
        names.add(name);
        return true;
      },
    });
    return new Map(Object.entries(files));
  } catch (err) {
    throw err instanceof NotAnArchive ? err : new NotAnArchive('not a zip archive', { cause: err });
  }
}
