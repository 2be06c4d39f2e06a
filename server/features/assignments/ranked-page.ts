import { decodeCursor, encodeCursor } from '../../db/pagination.ts';
import type { Suited } from '../matching/index.ts';

/**
 * A page of a list that is ranked anew for each reading: it goes on behind the last position shown, or, when that one is
 * gone meanwhile, from the place where it stood.
 * @throws Malformed for what is no cursor
 */
export function pageOfRanked(
  list: readonly Suited[],
  limit: number,
  cursor: string | undefined,
): { rows: Suited[]; nextCursor: string | null } {
  const start = cursor === undefined ? 0 : startOf(list, cursor);
  const rows = list.slice(start, start + limit);
  const last = rows.at(-1);
  const more = last !== undefined && start + limit < list.length;
  return { rows, nextCursor: more ? encodeCursor([last.position._id, start + limit - 1]) : null };
}

function startOf(list: readonly Suited[], cursor: string): number {
  const [positionId, place] = decodeCursor(cursor, 2);
  const at = list.findIndex(({ position }) => String(position._id) === String(positionId));
  return at === -1 ? Math.max(0, Math.floor(Number(place) || 0)) : at + 1;
}
