import { Types } from 'mongoose';
import { Malformed } from '../core/errors.ts';

/** Lists are paged by key, never by offset: a page costs the same at the end as at the start. */
export interface Page<T> {
  readonly data: T[];
  readonly nextCursor: string | null;
}

/** Counts say "more than this" beyond it: nobody needs the number, and the database need not look further. */
export const MOST_COUNTED = 999;
/** A count as it is shown. */
export const countText = (count: number): string =>
  count > MOST_COUNTED ? `${MOST_COUNTED}+` : String(count);

export type SortKey = readonly [field: string, direction: 1 | -1];

type CursorValue = string | number | { d: string } | { i: string } | null;

/** An opaque text that holds the last row's sort values. */
export function encodeCursor(values: readonly unknown[]): string {
  const plain = values.map((value): CursorValue => {
    if (value instanceof Date) return { d: value.toISOString() };
    if (value instanceof Types.ObjectId) return { i: value.toHexString() };
    if (typeof value === 'string' || typeof value === 'number') return value;
    return null;
  });
  return Buffer.from(JSON.stringify(plain)).toString('base64url');
}

/** What is thrown for a text that is no cursor of the list. */
export const cursorInvalid = (cause?: unknown): Malformed =>
  new Malformed('cursor-invalid', {}, [{ path: 'cursor', code: 'cursor-invalid' }], cause);

/** @throws Malformed when the text is not one of our cursors for `length` sort keys. */
export function decodeCursor(cursor: string, length: number): unknown[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (err) {
    throw cursorInvalid(err);
  }
  if (!Array.isArray(parsed) || parsed.length !== length) throw cursorInvalid();
  return parsed.map(restore);
}

function restore(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  const bag = value as { d?: unknown; i?: unknown };
  if (typeof bag.d === 'string' && !Number.isNaN(Date.parse(bag.d))) return new Date(bag.d);
  if (typeof bag.i === 'string' && Types.ObjectId.isValid(bag.i)) return new Types.ObjectId(bag.i);
  throw cursorInvalid();
}

/**
 * The filter for "after this cursor" under the sort, which must end in `_id` so that it is total. It is one `$and`, to
 * be spread into a filter that has none. The bound on the first key is said once more by itself: that is what an index
 * scan starts from, so that the hundredth page reads no more than the first.
 * @example afterCursor([['startsAt', 1], ['_id', 1]], cursor)
 */
export function afterCursor(sort: readonly SortKey[], cursor: string | undefined): Record<string, unknown> {
  if (!cursor) return {};
  const values = decodeCursor(cursor, sort.length);
  const branches = sort.map(([field, direction], at) => ({
    ...Object.fromEntries(sort.slice(0, at).map(([earlier], index) => [earlier, values[index]])),
    [field]: direction === 1 ? { $gt: values[at] } : { $lt: values[at] },
  }));
  const [first] = sort;
  if (!first || sort.length === 1) return { $and: branches };
  const [field, direction] = first;
  return {
    $and: [{ [field]: direction === 1 ? { $gte: values[0] } : { $lte: values[0] } }, { $or: branches }],
  };
}

export const sortOf = (sort: readonly SortKey[]): Record<string, 1 | -1> => Object.fromEntries(sort);

/** Cuts `limit + 1` fetched rows to a page; `key` reads a row's sort values. */
export function pageOf<Row>(rows: Row[], limit: number, key: (row: Row) => readonly unknown[]): Page<Row> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null };
}
