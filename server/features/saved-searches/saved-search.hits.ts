import type { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { requireTransaction } from '../../db/transaction.ts';
import type { Suited } from '../matching/index.ts';
import { SearchHitModel } from './saved-search.model.ts';
import type { SavedSearchRow } from './saved-search.model.ts';

const DAY_MS = 86_400_000;

/**
 * Notes what a search found, once per search and position; what it found before and does no longer is forgotten unless it
 * was told, so that it is news when it comes again. Inside the transaction that looks.
 * @returns those that were new
 */
export async function addHits(
  { _id: searchId }: Pick<SavedSearchRow, '_id'>,
  found: readonly Suited[],
  digestId: Types.ObjectId | null,
): Promise<Suited[]> {
  requireTransaction('A hit of a search');
  const ids = found.map(({ position }) => position._id);
  await SearchHitModel.deleteMany({ searchId, digestId: null, positionId: { $nin: ids } });
  const known = await SearchHitModel.find({ searchId, positionId: { $in: ids } })
    .select({ positionId: 1 })
    .lean();
  const before = new Set(known.map(({ positionId }) => String(positionId)));
  const fresh = found.filter(({ position }) => !before.has(String(position._id)));
  const foundAt = contextNow();
  if (fresh.length > 0)
    await SearchHitModel.insertMany(
      fresh.map(({ position, shift }) => ({
        searchId,
        positionId: position._id,
        digestId,
        foundAt,
        expiresAt: new Date(shift.endsAt.getTime() + DAY_MS),
      })) as never,
    );
  return fresh;
}
