import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';

/** What is wrong with a file, and in which line (from 1; 0 where it cannot be opened). */
export class FileFault extends Error {
  override name = 'FileFault';
  readonly line: number;

  constructor(line: number, reason: string) {
    super(reason);
    this.line = line;
  }
}

/** More fields than any line may have; what follows is counted but not kept. */
const FIELDS = 5;
const CHUNK = 1 << 20;
const [NEWLINE, MINUS, ZERO, COMMENT] = [10, 45, 48, 99];
/** Beyond this many digits no number is in any range of ours. */
const DIGITS = 15;

/** One line of a file, without blanks; the same object for every line. */
export class Line {
  number = 0;
  /** How many fields follow the first. */
  fields = 0;
  private bytes: Buffer = Buffer.alloc(0);
  private readonly from = new Int32Array(FIELDS + 1);
  private readonly to = new Int32Array(FIELDS + 1);

  /** Its first field: the kind of line. */
  get kind(): string {
    return this.text(-1);
  }

  /** Code of the kind where it is a single letter, else 0. */
  get letter(): number {
    return this.to[0]! - this.from[0]! === 1 ? this.bytes[this.from[0]!]! : 0;
  }

  text(field: number): string {
    return this.bytes.toString('latin1', this.from[field + 1], this.to[field + 1]);
  }

  /** A whole number from least to most, as the format writes it: no plus, no point, no exponent. @throws FileFault naming what it should have been */
  int(field: number, what: string, least: number, most: number): number {
    const { bytes } = this;
    let at = this.from[field + 1]!;
    const end = this.to[field + 1]!;
    const sign = bytes[at] === MINUS ? -1 : 1;
    if (sign < 0) at++;
    let value = at === end ? NaN : 0;
    while (at < end - 1 && bytes[at] === ZERO) at++;
    if (end - at > DIGITS) value = this.isWhole(at, end) ? Infinity : NaN;
    else {
      for (; at < end; at++) {
        const digit = bytes[at]! - ZERO;
        value = digit < 0 || digit > 9 ? NaN : value * 10 + digit;
      }
    }
    value = value === 0 ? 0 : sign * value;
    if (value >= least && value <= most) return value;
    const shown = this.text(field).slice(0, 40);
    if (Number.isNaN(value)) this.fail(`${what} is not a whole number: ${shown}`);
    this.fail(`${what} must be from ${least} to ${most}, not ${shown}`);
  }

  /** @throws FileFault unless exactly so many fields follow the kind */
  expect(fields: number, form: string): void {
    if (this.fields !== fields) this.fail(`expected "${form}"`);
  }

  fail(reason: string): never {
    throw new FileFault(this.number, reason);
  }

  /** Splits bytes into fields. @returns false for blank lines and comments */
  read(bytes: Buffer, from: number, to: number): boolean {
    this.number++;
    this.bytes = bytes;
    let count = 0;
    let at = from;
    for (;;) {
      while (at < to && bytes[at]! <= 32) at++;
      if (at === to) break;
      const begin = at;
      while (at < to && bytes[at]! > 32) at++;
      if (count === 0 && bytes[begin] === COMMENT) return false;
      if (count <= FIELDS) {
        this.from[count] = begin;
        this.to[count] = at;
      }
      count++;
    }
    this.fields = count - 1;
    return count > 0;
  }

  private isWhole(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (this.bytes[at]! < ZERO || this.bytes[at]! > ZERO + 9) return false;
    return true;
  }
}

/**
 * Calls `onLine` for every line of a file that is neither blank nor a comment, reading it piece by piece.
 * @returns how many lines there are
 * @throws FileFault where it cannot be read, or from `onLine`
 */
export function readLines(path: string, onLine: (line: Line) => void): number {
  const line = new Line();
  const source = open(path);
  try {
    let bytes = Buffer.allocUnsafe(CHUNK);
    let kept = 0;
    for (;;) {
      if (kept === bytes.length) bytes = Buffer.concat([bytes], 2 * bytes.length);
      const got = source.read(bytes, kept);
      const end = kept + got;
      let from = line.number === 0 && bytes.subarray(0, end).indexOf('\uFEFF') === 0 ? 3 : 0;
      for (let to = nextEnd(bytes, Math.max(from, kept), end); to >= 0; to = nextEnd(bytes, from, end)) {
        if (line.read(bytes, from, to)) onLine(line);
        from = to + 1;
      }
      if (got === 0) {
        if (from < end && line.read(bytes, from, end)) onLine(line);
        return line.number;
      }
      bytes.copyWithin(0, from, end);
      kept = end - from;
    }
  } finally {
    source.close();
  }
}

function nextEnd(bytes: Buffer, from: number, end: number): number {
  const at = bytes.indexOf(NEWLINE, from);
  return at < end ? at : -1;
}

interface Source {
  /** Fills the bytes from there on. @returns how many there were, 0 at the end */
  read(bytes: Buffer, from: number): number;
  close(): void;
}

/** What stands for standard input. */
const STANDARD_INPUT = '-';
/** Standard input comes once, but faults read their file again. */
let typed: Buffer | null = null;

function open(path: string): Source {
  try {
    if (path === STANDARD_INPUT) {
      typed ??= readFileSync(0);
      return sourceOf(typed);
    }
    const file = openSync(path, 'r');
    // A folder opens but cannot be read.
    if (fstatSync(file).isDirectory()) {
      closeSync(file);
      throw new FileFault(0, 'it is a folder');
    }
    return {
      read: (bytes, from) => readable(() => readSync(file, bytes, from, bytes.length - from, null)),
      close: () => closeSync(file),
    };
  } catch (err) {
    throw err instanceof FileFault ? err : unreadable(err);
  }
}

function unreadable(err: unknown): FileFault {
  const { code } = err as NodeJS.ErrnoException;
  return new FileFault(
    0,
    code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code ?? 'unknown'})`,
  );
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (err) {
    throw unreadable(err);
  }
}

function sourceOf(all: Buffer): Source {
  let at = 0;
  return {
    read(bytes, from) {
      const got = all.copy(bytes, from, at);
      at += got;
      return got;
    },
    close: () => undefined,
  };
}
