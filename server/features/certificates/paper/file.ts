import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** The objects of a PDF file, written down as soon as they are complete, with the table that says where each lies. */
export class PdfFile {
  readonly #parts: Buffer[] = [];
  /** What was written since the last stream. */
  #text = '';
  #length = 0;
  readonly #offsets: number[] = [];

  constructor() {
    this.#append(Buffer.from('%PDF-1.7\n%\xff\xff\xff\xff\n', 'latin1'));
  }

  /** Number of an object that is written later. */
  reserve(): number {
    return this.#offsets.push(0);
  }

  /** Writes an object; `body` is ASCII. Returns its number. */
  write(body: string, id = this.reserve()): number {
    this.#offsets[id - 1] = this.#length;
    const text = `${id} 0 obj\n${body}\nendobj\n`;
    this.#text += text;
    this.#length += text.length;
    return id;
  }

  /** Writes an object with bytes, which must be as `entries` (of its dictionary) say. */
  writeStream(entries: string, bytes: Uint8Array, id = this.reserve()): number {
    this.#offsets[id - 1] = this.#length;
    this.#append(
      Buffer.from(`${id} 0 obj\n<</Length ${bytes.length}${entries}>>\nstream\n`, 'latin1'),
      bytes,
      Buffer.from('\nendstream\nendobj\n', 'latin1'),
    );
    return id;
  }

  #append(...parts: Uint8Array[]): void {
    this.#settle();
    for (const part of parts) {
      this.#parts.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
      this.#length += part.length;
    }
  }

  /** Text becomes bytes; its length was counted when it was written. */
  #settle(): void {
    if (this.#text !== '') this.#parts.push(Buffer.from(this.#text, 'latin1'));
    this.#text = '';
  }

  /** The finished file. `identity` is what its id is derived from. */
  end(trailer: string, identity: string): Buffer {
    const at = this.#length;
    const digest = createHash('sha256').update(identity).digest('hex').slice(0, 32);
    const size = this.#offsets.length + 1;
    const places = this.#offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
    this.#text += `xref\n0 ${size}\n0000000000 65535 f \n${places}trailer\n<</Size ${size}/ID [<${digest}> <${digest}>]${trailer}>>\nstartxref\n${at}\n%%EOF\n`;
    this.#settle();
    return Buffer.concat(this.#parts);
  }
}

/** Any text as a PDF string, in ASCII. */
export function pdfString(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return `(${text.replaceAll(/[\\()]/g, String.raw`\$&`)})`;
  return `<FEFF${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`;
}

/** A moment as PDF dates are written. */
export const pdfDate = (date: Date): string =>
  `(D:${date.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z)`;

/** A length to a thousandth of a point, which no printer shows. */
export const num = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Packed bytes and what a dictionary says of them. */
export const DEFLATED = '/Filter/FlateDecode';
// A page is a few kilobytes: a small window is ready sooner, and more effort would take twice the time for a tenth less.
export const packed = (text: string): Buffer =>
  deflateSync(Buffer.from(text, 'latin1'), { level: 2, windowBits: 13, memLevel: 7 });
