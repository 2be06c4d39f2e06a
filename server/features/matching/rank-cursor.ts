import { cursorInvalid, decodeCursor, encodeCursor } from '../../db/pagination.ts';

/** A ranking goes no deeper: whoever has seen so many asks for something else instead. */
export const MOST_RANKED = 500;

/** Where a page of a ranking begins. */
export interface RankCursor {
  /** How many come before it: a search in memory has to find these, too. */
  readonly seen: number;
  /** Whether somebody comes after the last one of the page before: by the score less the price, and among equals by the id. */
  readonly isBeyond: (one: { readonly id: string; readonly worth: number }) => boolean;
}

/**
 * A page of a ranking begins behind a person, not at a number: who came or went meanwhile makes nobody be shown twice or
 * left out. The person is named by their handle, since those from outside have no name before they accept.
 * @param personBehind the person whom a handle of this position stands for
 * @throws Malformed when the text is not one of our cursors of this position
 */
export function rankCursor(
  cursor: string | undefined,
  personBehind: (handle: string) => string | null,
): RankCursor {
  if (cursor === undefined) return { seen: 0, isBeyond: () => true };
  const [last, handle, seen] = decodeCursor(cursor, 3);
  const lastId = typeof handle === 'string' ? personBehind(handle) : null;
  if (lastId === null || typeof last !== 'number' || typeof seen !== 'number' || !isDepth(seen))
    throw cursorInvalid();
  return {
    seen,
    isBeyond: ({ id, worth }) => worth < last || (worth === last && id > lastId),
  };
}

const isDepth = (seen: number): boolean => Number.isInteger(seen) && seen > 0 && seen <= MOST_RANKED;

/** The cursor behind the last one shown; null at the end. @param left how many were there to be shown */
export function nextRankCursor(
  shown: readonly { readonly handle: string; readonly worth: number }[],
  left: number,
  seen: number,
): string | null {
  const last = shown.at(-1);
  const depth = seen + shown.length;
  return last && left > shown.length && depth <= MOST_RANKED
    ? encodeCursor([last.worth, last.handle, depth])
    : null;
}
