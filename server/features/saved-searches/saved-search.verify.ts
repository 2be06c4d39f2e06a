import { now } from '../../core/clock.ts';
import { invariantTally } from '../../core/invariant.ts';
import type { InvariantCheck } from '../../core/invariant.ts';
import { OutboxModel } from '../../db/outbox.ts';
import { peopleToFit } from '../people/index.ts';
import { SavedSearchModel, SearchHitModel, SearchNewsModel } from './saved-search.model.ts';
import { MOST_SEARCHES } from './saved-search.rules.ts';

const HOUR_MS = 3_600_000;
/** From one look to the next: a day, an hour longer where clocks are put back, and a bit. */
const LONGEST_WAIT_MS = 26 * HOUR_MS;
const AT_ONCE = 1_000;

/** Who looks for something exists, and keeps no more searches than anybody may. */
const searchesHaveOwners: InvariantCheck = {
  name: 'saved-searches/of-living-people',
  async run() {
    const tally = invariantTally();
    let after: unknown = null;
    for (;;) {
      const rows = await SavedSearchModel.find((after === null ? {} : { _id: { $gt: after } }) as never)
        .sort({ _id: 1 })
        .limit(AT_ONCE)
        .select({ personId: 1, slot: 1 })
        .lean();
      const known = new Set(
        (await peopleToFit(rows.map(({ personId }) => personId))).map(({ _id }) => String(_id)),
      );
      tally.examine(rows.length);
      for (const { _id, personId, slot } of rows) {
        if (!known.has(String(personId))) tally.violate(`${String(_id)} is of nobody`);
        if (slot < 0 || slot >= MOST_SEARCHES) tally.violate(`${String(_id)} is one too many`);
      }
      if (rows.length < AT_ONCE) return tally.result();
      after = rows.at(-1)?._id;
    }
  },
};

/** What is not paused is looked at within a day; neither it nor a shift that opened waits an hour for its turn. */
const lookedAtInTime: InvariantCheck = {
  name: 'saved-searches/looked-at-in-time',
  async run() {
    const tally = invariantTally();
    const [late, far] = [new Date(now().getTime() - HOUR_MS), new Date(now().getTime() + LONGEST_WAIT_MS)];
    tally.examine(await SavedSearchModel.countDocuments({ paused: false }));
    const stray = { paused: false, $or: [{ lookAt: { $lt: late } }, { lookAt: { $gt: far } }] };
    for await (const { _id, lookAt } of SavedSearchModel.find(stray as never)
      .select({ lookAt: 1 })
      .lean()
      .cursor())
      tally.violate(`${String(_id)} is to be looked at on ${lookAt.toISOString()}`);
    tally.examine(await SearchNewsModel.countDocuments());
    for await (const { _id } of SearchNewsModel.find({ at: { $lt: late } } as never)
      .select({ _id: 1 })
      .lean()
      .cursor())
      tally.violate(`news ${String(_id)} were not heard for an hour`);
    return tally.result();
  },
};

/** Each thing found was told in one mail, to the person whose search found it, once. */
const toldOnce: InvariantCheck = {
  name: 'saved-searches/told-once',
  async run() {
    const tally = invariantTally();
    const owners = new Map<string, string>();
    for await (const { _id, personId } of SavedSearchModel.find({}).select({ personId: 1 }).lean().cursor())
      owners.set(String(_id), String(personId));
    const mails = new Map<string, string[]>();
    for await (const { subjectId, data } of OutboxModel.find({ kind: 'saved-searches/found' })
      .select({ subjectId: 1, data: 1 })
      .lean()
      .cursor()) {
      const to = mails.get(subjectId);
      if (to) to.push(String(data['personId']));
      else mails.set(subjectId, [String(data['personId'])]);
    }
    const seen = new Set<string>();
    for await (const hit of SearchHitModel.find({})
      .select({ searchId: 1, positionId: 1, digestId: 1 })
      .lean()
      .cursor({ batchSize: AT_ONCE })) {
      tally.examine();
      const [id, pair] = [String(hit._id), `${String(hit.searchId)}:${String(hit.positionId)}`];
      if (seen.has(pair)) tally.violate(`${id} was found twice`);
      seen.add(pair);
      const owner = owners.get(String(hit.searchId));
      if (owner === undefined) tally.violate(`${id} is of no search`);
      if (hit.digestId === null) continue;
      const told = mails.get(String(hit.digestId)) ?? [];
      if (told.length !== 1) tally.violate(`${id} was told in ${told.length} mails`);
      else if (owner !== undefined && told[0] !== owner) tally.violate(`${id} was told to somebody else`);
    }
    return tally.result();
  },
};

/** What `npm run verify` checks of saved searches, across tenants and read-only. */
export const savedSearchInvariants: readonly InvariantCheck[] = [
  searchesHaveOwners,
  lookedAtInTime,
  toldOnce,
];
