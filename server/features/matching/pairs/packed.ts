import type { PersonSources } from '../matching.facts.ts';
import { PoolColumns } from './pool.columns.ts';
import { FreeTimes, SkillRows, WordRows } from './rows.ts';

/** Columns as another thread can be sent them. */
export interface PackedPool {
  /** Fields of `PoolColumns`, without what each thread has its own of. */
  readonly columns: object;
  /** Rows of those of whom few have what they have, and what is known of each: the rules are asked about them one by one. */
  readonly rows: readonly number[];
  readonly sources: readonly unknown[];
}

/** More people than this whom rules are asked about one by one are not sent: that would cost more than is won. */
const MOST_SENT = 50_000;

/** A pool as another thread can be sent it; null where too much is known of too many. */
export function pack(pool: PoolColumns): PackedPool | null {
  const rows = Array.from(pool.few.keys()).filter((row) => pool.few[row] !== 0);
  if (rows.length > MOST_SENT) return null;
  const { id, zone, serviceCounties } = pool.tenant;
  const { sources, ...columns } = pool;
  return {
    // Notes about one position are each thread's own.
    columns: { ...columns, tenant: { id, zone, serviceCounties }, measured: null, measuredIn: null },
    rows,
    sources: rows.map((row) => plain(sources[row])),
  };
}

/** The same pool in the thread that got it; of most people it has the columns alone. */
export function unpack({ columns, rows, sources: sent }: PackedPool): PoolColumns {
  const pool = columns as PoolColumns;
  const sources: PersonSources[] = [];
  rows.forEach((row, at) => (sources[row] = sent[at] as PersonSources));
  Object.setPrototypeOf(pool.languages, WordRows.prototype);
  Object.setPrototypeOf(pool.interests, WordRows.prototype);
  Object.setPrototypeOf(pool.free, FreeTimes.prototype);
  Object.setPrototypeOf(pool.skills, SkillRows.prototype);
  const own = { sources, measured: new Int32Array(pool.size), measuredIn: new Int32Array(pool.size) };
  return Object.assign(Object.setPrototypeOf(pool, PoolColumns.prototype) as PoolColumns, own);
}

/** The same with ids as words, which is all that rules make of them: of objects with methods another thread gets none. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Map)
    return value;
  if (Array.isArray(value)) return value.map(plain);
  if ('toHexString' in value) return String(value as { toString(): string });
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, plain(own)]));
}
