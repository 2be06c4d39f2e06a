import { BSON, ObjectId } from 'mongodb';

/** More different values of a field than this are not remembered: then each is unpacked as it comes. */
const MOST = 20_000;

/** The types of values that rows consist of, by their numbers in the BSON specification. */
const TYPE = { double: 1, string: 2, object: 3, array: 4, objectId: 7, bool: 8, null: 10, int: 16 } as const;
const OBJECT_ID_BYTES = 12;

/** Node reads letters of its own buffers many times quicker than those of other arrays; its types keep silent about it. */
type Bytes = Buffer & Record<'latin1Slice' | 'utf8Slice', (from: number, to: number) => string>;

/** Values that were unpacked already, by their bytes. */
type Known = Map<string, unknown>;

/** A field of rows with values of one type, and what is known of them or of the entries of lists. */
interface Field {
  readonly name: string;
  readonly type: number;
  readonly whole?: Known;
  readonly entries?: Known;
}

/**
 * Unpacks rows of which very many are read and none is changed, from the bytes that the database sent (the driver's `raw`).
 * What many rows have alike, such as languages or a free evening, is known again by its bytes: it is unpacked once, and one
 * object for all of them, so that reading costs less and the collector of garbage has less to follow. A row with anything in
 * it that is not of the types above is left to the library.
 */
export class AlikeRows<T extends object> {
  private readonly whole: ReadonlySet<string>;
  private readonly entries: ReadonlySet<string>;
  private readonly fields = new Map<string, Field>();
  /** The fields of the last row in their order, which mostly is that of the next. */
  private readonly order: Field[] = [];

  /** @param alike fields that many rows have alike: as a whole, or lists of which many rows have the same entries */
  constructor(alike: Partial<Record<'whole' | 'entries', readonly (keyof T & string)[]>>) {
    this.whole = new Set(alike.whole);
    this.entries = new Set(alike.entries);
  }

  /** The row of these bytes, as the library unpacks it. */
  of(sent: Uint8Array): T {
    const bytes = toBytes(sent);
    let all: Record<string, unknown> | undefined;
    const byLibrary = (): Record<string, unknown> => (all ??= BSON.deserialize(bytes));
    const row: Record<string, unknown> = {};
    let at = 4;
    for (let n = 0; bytes[at] !== 0; n++) {
      const type = bytes[at] ?? 0;
      const field = this.fieldAt(bytes, at, n);
      const from = at + 2 + (field?.name.length ?? 0);
      const size = sizeOf(bytes, type, from);
      if (!field || size < 0) return byLibrary() as T;
      at = from + size;
      const { name, whole, entries } = field;
      if (whole) row[name] = known(whole, bytes.latin1Slice(from, at), () => byLibrary()[name]);
      else if (type !== TYPE.array) row[name] = valueOf(bytes, type, from, at);
      else {
        const list = (): unknown[] => byLibrary()[name] as unknown[];
        row[name] = entries ? entriesOf(bytes, from, entries, list) : list();
      }
    }
    return row as T;
  }

  /** The field whose type and name stand there, the nth of its row; null for one that is left to the library. */
  private fieldAt(bytes: Bytes, at: number, n: number): Field | null {
    const type = bytes[at] ?? 0;
    const likely = this.order[n];
    if (likely?.type === type && isAt(bytes, at + 1, likely.name)) return likely;
    const name = bytes.latin1Slice(at + 1, bytes.indexOf(0, at + 1));
    if (!PLAIN.test(name)) return null;
    const key = `${type} ${name}`;
    const field = this.fields.get(key) ?? this.newField(name, type);
    this.fields.set(key, field);
    return (this.order[n] = field);
  }

  private newField(name: string, type: number): Field {
    const isText = type === TYPE.string || type === TYPE.object || type === TYPE.array;
    return {
      name,
      type,
      ...(isText && this.whole.has(name) ? { whole: new Map() } : {}),
      ...(type === TYPE.array && this.entries.has(name) ? { entries: new Map() } : {}),
    };
  }
}

/** A name of one byte a letter that means nothing to an object. */
const PLAIN = /^(?!__proto__$)[ -~]+$/;

const toBytes = (sent: Uint8Array): Bytes =>
  (Buffer.isBuffer(sent) ? sent : Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength)) as Bytes;

function isAt(bytes: Bytes, from: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name.charCodeAt(i)) return false;
  return bytes[from + name.length] === 0;
}

/** Bytes of a value; −1 for one of another type. */
function sizeOf(bytes: Bytes, type: number, from: number): number {
  switch (type) {
    case TYPE.double:
      return 8;
    case TYPE.string:
      return 4 + intAt(bytes, from);
    case TYPE.object:
    case TYPE.array:
      return intAt(bytes, from);
    case TYPE.objectId:
      return OBJECT_ID_BYTES;
    case TYPE.bool:
      return 1;
    case TYPE.null:
      return 0;
    case TYPE.int:
      return 4;
    default:
      return -1;
  }
}

function valueOf(bytes: Bytes, type: number, from: number, to: number): unknown {
  switch (type) {
    case TYPE.double:
      return bytes.readDoubleLE(from);
    case TYPE.string:
      return bytes.utf8Slice(from + 4, to - 1);
    case TYPE.objectId:
      return objectIdAt(bytes, from);
    case TYPE.bool:
      return bytes[from] === 1;
    case TYPE.int:
      return intAt(bytes, from);
    case TYPE.object:
      return BSON.deserialize(bytes.subarray(from, to));
    default:
      return null;
  }
}

const intAt = (bytes: Bytes, at: number): number => bytes.readInt32LE(at);

/** A copy of the bytes: a view of them would keep all that came with them. */
function objectIdAt(bytes: Bytes, from: number): ObjectId {
  const own = Buffer.allocUnsafe(OBJECT_ID_BYTES);
  for (let i = 0; i < OBJECT_ID_BYTES; i++) own[i] = bytes[from + i] ?? 0;
  return new ObjectId(own);
}

/** What is known by the key, which is made and kept where nobody asked before. */
function known(values: Known, key: string, make: () => unknown): unknown {
  const found = values.get(key);
  if (found !== undefined) return found;
  const made = make();
  if (values.size < MOST) values.set(key, made);
  return made;
}

/** A list of entries, each known by its type and bytes. @param list the same as the library unpacks it */
function entriesOf(bytes: Bytes, from: number, entries: Known, list: () => unknown[]): unknown[] {
  const found: unknown[] = [];
  for (let at = from + 4; bytes[at] !== 0;) {
    const type = bytes[at] ?? 0;
    // The name of an entry is its place.
    const begin = bytes.indexOf(0, at + 1) + 1;
    const size = sizeOf(bytes, type, begin);
    if (size < 0) return list();
    const { length } = found;
    const key = bytes.latin1Slice(begin, begin + size);
    found.push(type === TYPE.object ? known(entries, key, () => list()[length]) : list()[length]);
    at = begin + size;
  }
  return found;
}
