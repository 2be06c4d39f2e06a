import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { addMessage } from '../../db/outbox.ts';
import { inTransaction, requireTransaction } from '../../db/transaction.ts';
import { soonestOpen } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { wantedOf, wordsOfShift } from './saved-search.finder.ts';
import type { Finder } from './saved-search.finder.ts';
import { addHits } from './saved-search.hits.ts';
import { SavedSearchModel, SearchNewsModel } from './saved-search.model.ts';
import type { SavedSearchRow } from './saved-search.model.ts';
import { matchesShift, nextLook } from './saved-search.rules.ts';

interface DueQuery {
  readonly now: Date;
  readonly limit: number;
  readonly except: readonly string[];
}
interface DueRow {
  readonly tenantId: string;
  readonly id: string;
}

/** What opens within so long goes into one mail. */
const GATHERED_MS = 120_000;
/** Searches read at a time while a shift is held against them. */
const BATCH = 500;

const notIn = (except: readonly string[]): object => ({
  $nin: except.map((id) => new Types.ObjectId(id)),
});

export type SearchWatch = ReturnType<typeof createSearchWatch>;

/**
 * What time and news do to saved searches. Every search is looked at each morning; those that want to hear at once also
 * shortly after something opened that they could be about.
 */
export function createSearchWatch({ finder, tenants }: { finder: Finder; tenants: TenantService }) {
  const due = async (
    model: { find: typeof SavedSearchModel.find },
    filter: object,
    by: string,
    limit: number,
  ): Promise<DueRow[]> => {
    const rows = await model
      .find(filter as never)
      .sort({ [by]: 1, _id: 1 })
      .limit(limit)
      .select({ tenantId: 1 })
      .lean();
    return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
  };

  /** Moves a search on and notes what it found; false when somebody else looked first. */
  async function settle(
    row: SavedSearchRow,
    next: Date,
    found: Parameters<typeof addHits>[1],
    digestId: Types.ObjectId,
  ): Promise<number> {
    const moved = await SavedSearchModel.updateOne(
      { _id: row._id, lookAt: row.lookAt, paused: false, version: row.version },
      { $set: { lookAt: next } },
    );
    if (moved.modifiedCount === 0) return 0;
    const { length } = await addHits(row, found, digestId);
    if (length > 0) await SavedSearchModel.updateOne({ _id: row._id }, { $set: { toldAt: contextNow() } });
    return length;
  }

  return {
    /** Notes that a shift opened or has a free place again, in the transaction of the change. */
    async note(shiftId: Types.ObjectId): Promise<void> {
      requireTransaction('News for saved searches');
      await SearchNewsModel.create([{ shiftId, at: contextNow() } as never]);
    },

    /** News of any tenant that nobody has held against the searches yet. */
    dueNews: ({ now, limit, except }: DueQuery): Promise<DueRow[]> =>
      due(SearchNewsModel as never, { at: { $lte: now }, _id: notIn(except) }, 'at', limit),

    /** Has the searches that one opened shift could be about looked at soon. Twice changes nothing. */
    async hear(id: string): Promise<void> {
      const news = await SearchNewsModel.findById(id).lean();
      if (!news) return;
      const now = contextNow();
      const [shift] = await soonestOpen({ after: now, ids: [news.shiftId] }, 1);
      if (shift) {
        const { zone } = await tenants.current();
        const words = wordsOfShift(shift, zone);
        const soon = new Date(now.getTime() + GATHERED_MS);
        for (let after: Types.ObjectId | null = null; ;) {
          const rows: SavedSearchRow[] = await SavedSearchModel.find({
            paused: false,
            often: 'at-once',
            category: { $in: [null, shift.category] },
            lookAt: { $gt: soon },
            ...(after ? { _id: { $gt: after } } : {}),
          } as never)
            .sort({ _id: 1 })
            .limit(BATCH)
            .lean();
          const meant = rows.filter((row) => matchesShift(wantedOf(row), words)).map(({ _id }) => _id);
          if (meant.length > 0)
            await SavedSearchModel.updateMany(
              { _id: { $in: meant }, paused: false, lookAt: { $gt: soon } },
              { $set: { lookAt: soon } },
            );
          if (rows.length < BATCH) break;
          after = rows.at(-1)?._id ?? null;
        }
      }
      await SearchNewsModel.deleteOne({ _id: news._id });
    },

    /** Searches of any tenant whose time has come. */
    dueSearches: ({ now, limit, except }: DueQuery): Promise<DueRow[]> =>
      due(
        SavedSearchModel as never,
        { paused: false, lookAt: { $lte: now }, _id: notIn(except) },
        'lookAt',
        limit,
      ),

    /**
     * Looks at all due searches of the person behind one of them, and mails what is new in one digest; quiet when nothing is.
     * Twice changes nothing: a search that was moved on is not due, and a position is a hit of a search once.
     */
    async look(id: string): Promise<void> {
      const asked = await SavedSearchModel.findById(id).lean();
      const now = contextNow();
      if (!asked || asked.paused || asked.lookAt > now) return;
      const rows = await SavedSearchModel.find({
        personId: asked.personId,
        paused: false,
        lookAt: { $lte: now },
      }).lean();
      rows.sort((a, b) => (String(a._id) < String(b._id) ? -1 : 1));
      const { zone } = await tenants.current();
      const found = await finder.find(String(asked.personId), rows);
      const next = nextLook(now, zone);
      await inTransaction(async () => {
        const digestId = new Types.ObjectId();
        let told = 0;
        for (const [at, row] of rows.entries()) told += await settle(row, next, found[at] ?? [], digestId);
        if (told === 0) return;
        await addMessage({
          kind: 'saved-searches/found',
          subjectId: digestId,
          data: { personId: String(asked.personId) },
          dedupeKey: `search-digest:${String(digestId)}`,
        });
      });
    },
  };
}
