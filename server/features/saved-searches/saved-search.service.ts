import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import type { Suited } from '../matching/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import { wantedOf } from './saved-search.finder.ts';
import type { Finder } from './saved-search.finder.ts';
import { addHits } from './saved-search.hits.ts';
import { SavedSearchModel, SearchHitModel } from './saved-search.model.ts';
import type { SavedSearchRow } from './saved-search.model.ts';
import { asksForSomething, minutesOf, MOST_SEARCHES, nextLook } from './saved-search.rules.ts';
import type { SavedSearchBody } from './saved-search.schema.ts';

export interface SavedSearchParts {
  readonly finder: Finder;
  readonly people: Pick<PeopleService, 'row'>;
  readonly tenants: TenantService;
}

export type SavedSearchService = ReturnType<typeof createSavedSearchService>;

type Stored = Omit<
  SavedSearchRow,
  '_id' | 'tenantId' | 'personId' | 'slot' | 'paused' | 'lookAt' | 'toldAt' | 'version' | 'createdAt'
>;

/** What a person looks for in an organisation, for that person: saved, changed, paused, taken away. */
export function createSavedSearchService({ finder, people, tenants }: SavedSearchParts) {
  /** The only way to a search by id; another's is missing. @throws NotFound */
  async function access(actor: AccountActor, id: string): Promise<SavedSearchRow> {
    const row = isId(id)
      ? await SavedSearchModel.findOne({ _id: id, personId: new Types.ObjectId(actor.personId) }).lean()
      : null;
    if (!row) throw new NotFound();
    return row;
  }

  /** @throws Invalid for a search for everything, or a distance from a home that nobody knows */
  async function storedOf(actor: AccountActor, body: SavedSearchBody): Promise<Stored> {
    const { latitude, longitude, withinKm, from, to, category, ...plain } = body;
    const around =
      latitude === null || longitude === null
        ? null
        : { type: 'Point' as const, coordinates: [longitude, latitude] as [number, number] };
    const stored: Stored = {
      ...plain,
      category: category === '' ? null : category,
      weekdays: [...new Set(plain.weekdays)].sort(),
      skills: [...new Set(plain.skills)],
      fromMinute: minutesOf(from),
      toMinute: minutesOf(to),
      withinMetres: withinKm === null ? null : Math.round(withinKm * 1_000),
      around,
    };
    if (!asksForSomething(wantedOf(stored))) throw Invalid.field('words', 'search-for-nothing');
    if (stored.withinMetres !== null && !around && !(await people.row(actor.personId)).home)
      throw Invalid.field('withinKm', 'home-missing');
    return stored;
  }

  async function erase(row: SavedSearchRow): Promise<void> {
    await SearchHitModel.deleteMany({ searchId: row._id });
    await SavedSearchModel.deleteOne({ _id: row._id });
    await recordAudit({ action: 'saved-searches/remove', subjectType: 'SavedSearch', subjectId: row._id });
  }

  /** What is open already was seen on the page: only what comes later is news. */
  async function noteSeen(row: SavedSearchRow): Promise<void> {
    const [found = []] = await finder.find(String(row.personId), [row]);
    await addHits(row, found, null);
  }

  return {
    access,

    /** One's own here, oldest first; there are few. */
    async list(actor: AccountActor): Promise<SavedSearchRow[]> {
      const rows = await SavedSearchModel.find({ personId: new Types.ObjectId(actor.personId) }).lean();
      return rows.sort((a, b) => (String(a._id) < String(b._id) ? -1 : 1));
    },

    /** What the search finds now, best first. */
    async found(row: SavedSearchRow): Promise<Suited[]> {
      return (await finder.find(String(row.personId), [row]))[0] ?? [];
    },

    /** @throws Conflict `too-many-searches`, Invalid beside the fields */
    async create(actor: AccountActor, body: SavedSearchBody): Promise<SavedSearchRow> {
      return inTransaction(async () => {
        const personId = new Types.ObjectId(actor.personId);
        const kept = await SavedSearchModel.find({ personId }).select({ slot: 1 }).lean();
        const taken = new Set(kept.map(({ slot }) => slot));
        const slot = Array.from({ length: MOST_SEARCHES }, (_unused, n) => n).find((n) => !taken.has(n));
        if (slot === undefined) throw new Conflict('too-many-searches', { most: MOST_SEARCHES });
        const _id = new Types.ObjectId();
        const { zone } = await tenants.current();
        await SavedSearchModel.create([
          {
            _id,
            personId,
            slot,
            ...(await storedOf(actor, body)),
            lookAt: nextLook(contextNow(), zone),
            createdAt: contextNow(),
          } as never,
        ]);
        await recordAudit({ action: 'saved-searches/create', subjectType: 'SavedSearch', subjectId: _id });
        const row = await access(actor, String(_id));
        await noteSeen(row);
        return row;
      });
    },

    /** The whole search anew. @throws PreconditionFailed when it changed meanwhile, Invalid beside the fields */
    async edit(
      actor: AccountActor,
      id: string,
      body: SavedSearchBody,
      version: number | null,
    ): Promise<SavedSearchRow> {
      return inTransaction(async () => {
        await access(actor, id);
        const row = await editRow(SavedSearchModel, id, {
          version,
          set: { ...(await storedOf(actor, body)) },
          action: 'saved-searches/edit',
        });
        await noteSeen(row);
        return row;
      });
    },

    /** Quiet until it goes on; then it is looked at soon, for what came meanwhile. Twice is once. */
    async pause(actor: AccountActor, id: string, paused: boolean): Promise<SavedSearchRow> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (row.paused === paused) return row;
        return editRow(SavedSearchModel, id, {
          version: null,
          set: { paused, ...(paused ? {} : { lookAt: contextNow() }) },
          action: paused ? 'saved-searches/pause' : 'saved-searches/resume',
        });
      });
    },

    async remove(actor: AccountActor, id: string): Promise<void> {
      await inTransaction(async () => erase(await access(actor, id)));
    },

    /** Everything that the person looked for in the current tenant: whoever is a member no longer looks for nothing there. */
    async removeAll(personId: string): Promise<void> {
      await inTransaction(async () => {
        const rows = await SavedSearchModel.find({ personId: new Types.ObjectId(personId) }).lean();
        for (const row of rows) await erase(row);
      });
    },

    /** Searches of the person that notify in the current tenant. */
    async countActive(personId: string): Promise<number> {
      return SavedSearchModel.countDocuments({ personId: new Types.ObjectId(personId), paused: false });
    },

    /** Ends all mails of the person's searches in the current tenant, by the link of one. Twice is once. */
    async stopAll(personId: string): Promise<void> {
      await inTransaction(async () => {
        const rows = await SavedSearchModel.find({
          personId: new Types.ObjectId(personId),
          paused: false,
        }).lean();
        for (const { _id } of rows)
          await editRow(SavedSearchModel, _id, {
            version: null,
            set: { paused: true },
            action: 'saved-searches/stop-by-link',
          });
      });
    },
  };
}
