import { Types } from 'mongoose';
import { can, reachOf } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import { acrossTenants, asTenant } from '../../core/context.ts';
import { NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { FORMER } from '../../core/states.ts';
import { tenantPiece } from '../../db/builders.ts';
import type { Counting } from '../../db/builders.ts';
import { afterCursor, MOST_COUNTED, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { accessMembership } from './membership.access.ts';
import { MembershipModel } from './membership.model.ts';
import type { ListedMembership, MembershipRow } from './membership.model.ts';
import { searchFilter } from './membership.search.ts';
import { LIVE, NOT_TO_BE_ASKED, STOOD, WAS_SAID } from './fitting.rules.ts';
import { placesAmong } from './places.rules.ts';
import type { LastWord, OwnPlace } from './places.rules.ts';
import { toMembership } from './membership.view.ts';
import type { Membership } from './membership.view.ts';

export interface MembershipFilter {
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
  readonly unitId?: string | undefined;
  readonly q?: string | undefined;
}

const SORT: readonly SortKey[] = [['_id', -1]];
const OLDEST_FIRST: readonly SortKey[] = [['_id', 1]];
/** What is read of memberships: lists within the actor's reach, and one person's or account's for other features. */
export function createMembershipReading({ units, tenants }: { units: UnitService; tenants: TenantService }) {
  return {
    async list(
      actor: Actor,
      filter: MembershipFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<Membership>> {
      const page = await this.members(actor, filter, limit, cursor);
      return { ...page, data: page.data.map(toMembership) };
    },

    /** One approved member within the actor's reach, by person; everybody else is missing. */
    async member(actor: Actor, personId: string): Promise<MembershipRow> {
      const row = isId(personId) ? await this.approvedOf(personId) : null;
      if (!row || !can(actor, 'people:see', String(row.unitId))) throw new NotFound();
      return row;
    },

    /** Rows within the actor's reach, newest first, without their search keys. */
    async members(
      actor: Actor,
      filter: MembershipFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<ListedMembership>> {
      const reach = reachOf(actor, 'people:see');
      const below = filter.unitId && isId(filter.unitId) ? [...(await units.expand([filter.unitId]))] : null;
      const allowed = reach === 'tenant' ? below : below ? below.filter((id) => reach.has(id)) : [...reach];
      const rows = await tenantPiece(MembershipModel, {
        filter: {
          ...WAS_SAID,
          ...(filter.state ? { state: filter.state } : {}),
          ...(filter.kind ? { kind: filter.kind } : {}),
          ...(allowed ? { unitId: { $in: allowed.map((id) => new Types.ObjectId(id)) } } : {}),
          ...(filter.q ? searchFilter(filter.q) : null),
          ...afterCursor(SORT, cursor),
        },
        // Twenty texts of a row and nobody's business but the index's: half of what would be unpacked for a list.
        without: { searchKeys: 0 },
        sort: sortOf(SORT),
        limit: limit + 1,
      });
      return pageOf(rows, limit, (row) => [row._id]);
    },

    async show(actor: Actor, id: string): Promise<Membership> {
      return toMembership(await accessMembership(actor, id));
    },

    /** The person's membership in the tenant of the context, if it is approved. */
    async approvedOf(personId: string | Types.ObjectId): Promise<MembershipRow | null> {
      return MembershipModel.findOne({
        personId: new Types.ObjectId(String(personId)),
        state: 'approved',
      }).lean();
    },

    /** Names of the people behind accounts that are or were members here. */
    async namesOfAccounts(accountIds: readonly (string | Types.ObjectId)[]): Promise<Map<string, string>> {
      const ids = accountIds.map((id) => new Types.ObjectId(String(id)));
      const rows = await MembershipModel.find({ accountId: { $in: ids } })
        .select({ accountId: 1, personName: 1 })
        .lean();
      return new Map(rows.map((row) => [String(row.accountId), row.personName]));
    },

    /**
     * Who is or was a member here among these accounts and people, of each person the latest membership, and whether they act for the
     * organisation now: by a role beyond a volunteer's.
     */
    async whoActed({
      accountIds,
      personIds,
    }: {
      readonly accountIds: readonly string[];
      readonly personIds: readonly string[];
    }): Promise<{ accountId: string | null; personId: string; name: string; acts: boolean }[]> {
      const rows: MembershipRow[] = [];
      for (const [field, ids] of Object.entries({ accountId: accountIds, personId: personIds }))
        if (ids.length > 0)
          rows.push(
            ...(await MembershipModel.find({
              [field]: { $in: ids.map((one) => new Types.ObjectId(one)) },
            } as never)
              .sort({ _id: -1 })
              .lean()),
          );
      return rows.map((row) => ({
        accountId: row.accountId && String(row.accountId),
        personId: String(row.personId),
        name: row.personName,
        acts: row.state === 'approved' && row.grants.some(({ role }) => role !== 'volunteer'),
      }));
    },

    /** The states in which an application waits for this actor: the first look, the final word, or both. */
    waitingStates: (actor: Actor): ('submitted' | 'first_review')[] => [
      ...(can(actor, 'memberships:review') ? (['submitted'] as const) : []),
      ...(can(actor, 'memberships:decide') ? (['first_review'] as const) : []),
    ],

    /** Applications that wait for a reviewer within the actor's reach. */
    waiting(actor: Actor): Counting {
      const reach = reachOf(actor, 'memberships:see');
      return {
        model: MembershipModel,
        match: {
          state: { $in: this.waitingStates(actor) },
          ...(reach === 'tenant'
            ? {}
            : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
        },
        most: MOST_COUNTED + 1,
      };
    },

    /** The account's latest membership here, whatever became of it; null when it never had one. */
    async byAccount(accountId: string | Types.ObjectId): Promise<MembershipRow | null> {
      return MembershipModel.findOne({ accountId: new Types.ObjectId(String(accountId)) })
        .sort({ _id: -1 })
        .lean();
    },

    /** The person's latest membership here, whatever became of it: hours outlive it. */
    async anyOf(personId: string | Types.ObjectId): Promise<MembershipRow | null> {
      return MembershipModel.findOne({ personId: new Types.ObjectId(String(personId)) })
        .sort({ _id: -1 })
        .lean();
    },

    /** The person's latest membership here that ever stood, whatever became of it: of a mere application no right remains. */
    async stoodOf(personId: string | Types.ObjectId): Promise<MembershipRow | null> {
      return MembershipModel.findOne({
        personId: new Types.ObjectId(String(personId)),
        state: { $in: STOOD },
      })
        .sort({ _id: -1 })
        .lean();
    },

    async ofPeople(personIds: readonly (string | Types.ObjectId)[]): Promise<MembershipRow[]> {
      return MembershipModel.find({
        personId: { $in: personIds.map((id) => new Types.ObjectId(String(id))) },
        state: { $in: LIVE },
      }).lean();
    },

    /**
     * People about whom this tenant decides or has decided otherwise than yes: they are not asked as neighbours from
     * outside, whatever they consented to elsewhere. All of them, or those of these people.
     */
    async notToBeAsked(personIds?: readonly string[]): Promise<Set<string>> {
      const rows = await MembershipModel.find({
        state: { $in: NOT_TO_BE_ASKED },
        ...(personIds ? { personId: { $in: personIds.map((id) => new Types.ObjectId(id)) } } : {}),
      })
        .select({ personId: 1 })
        .lean();
      return new Set(rows.map((row) => String(row.personId)));
    },

    /** How many approved members the current tenant has, counted no further than to the limit. */
    countApproved: async (limit: number): Promise<number> =>
      MembershipModel.countDocuments({ state: 'approved' }, { limit }),

    /** The next approved members of the current tenant after this one, in order of id: for going through all of them. */
    async approvedAfter(after: Types.ObjectId | null, limit: number): Promise<MembershipRow[]> {
      return MembershipModel.find({ state: 'approved', ...(after ? { _id: { $gt: after } } : {}) })
        .sort({ _id: 1 })
        .limit(limit)
        .lean();
    },

    /** Approved volunteers in these units, or in the whole tenant, who had joined by then, in the order of joining. */
    async volunteers(
      reach: 'tenant' | ReadonlySet<string>,
      joinedBefore: Date,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<MembershipRow>> {
      const rows = await MembershipModel.find({
        state: 'approved',
        ...(reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } }),
        kind: 'volunteer',
        createdAt: { $lt: joinedBefore },
        ...afterCursor(OLDEST_FIRST, cursor),
      } as never)
        .sort(sortOf(OLDEST_FIRST))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row._id]);
    },

    /** Memberships after this person's, whatever became of them, in order of person and the latest of each first. */
    async everAfter(personId: Types.ObjectId | null, limit: number): Promise<MembershipRow[]> {
      return MembershipModel.find(personId ? ({ personId: { $gt: personId } } as never) : {})
        .sort({ personId: 1, _id: -1 })
        .limit(limit)
        .lean();
    },

    /** How many memberships there ever were. */
    countEver: (): Promise<number> => MembershipModel.countDocuments({}),

    /** Names of people who are or were members here. */
    async namesOfPeople(personIds: readonly (string | Types.ObjectId)[]): Promise<Map<string, string>> {
      const rows = await MembershipModel.find({
        personId: { $in: personIds.map((id) => new Types.ObjectId(String(id))) },
      })
        .select({ personId: 1, personName: 1 })
        .lean();
      return new Map(rows.map((row) => [String(row.personId), row.personName]));
    },

    async row(id: string): Promise<MembershipRow | null> {
      return isId(id) ? MembershipModel.findById(id).lean() : null;
    },

    /** Whether the account opens more than this one organisation, or acts for others in it. */
    async isTrusted(accountId: string, tenantId: string): Promise<boolean> {
      return acrossTenants('accounts: may a coordinator hand this account over', async () =>
        Boolean(
          await MembershipModel.exists({
            accountId: new Types.ObjectId(accountId),
            state: { $in: LIVE },
            $or: [{ tenantId: { $ne: new Types.ObjectId(tenantId) } }, { 'grants.0': { $exists: true } }],
          } as never),
        ),
      );
    },

    /** Runs in each organisation the account belongs to or has asked to join, in order of joining. */
    async inOwnPlaces<T>(
      accountId: string,
      work: (row: MembershipRow, tenant: Tenant) => Promise<T>,
    ): Promise<T[]> {
      const found: T[] = [];
      for (const { id, tenantId } of await this.choicesOf(accountId))
        found.push(
          await asTenant(tenantId, async () => {
            const row = (await MembershipModel.findById(id).lean()) as MembershipRow;
            return work(row, await tenants.current());
          }),
        );
      return found;
    },

    /**
     * The account's own places everywhere, in order of joining: also those that were left, where nothing followed, and organisations
     * that closed since, because what is recorded there stays one's own to read.
     */
    async placesOf(accountId: string): Promise<OwnPlace[]> {
      return acrossTenants('sign-in: the account’s own places', async () => {
        const rows = await MembershipModel.find({
          accountId: new Types.ObjectId(accountId),
          state: { $in: [...LIVE, FORMER] },
        })
          .select({ tenantId: 1, state: 1 })
          .lean();
        const closed = await tenants.closedAmong(rows.map(({ tenantId }) => String(tenantId)));
        return placesAmong(rows)
          .map((row): OwnPlace => {
            const [tenantId, left] = [String(row.tenantId), row.state === FORMER];
            const over = closed.has(tenantId) ? 'closed' : left ? 'left' : null;
            return { id: String(row._id), tenantId, state: row.state, over };
          })
          .filter(({ over, state }) => over !== 'closed' || STOOD.includes(state))
          .sort((one, other) => (one.id < other.id ? -1 : 1));
      });
    },

    /** What each organisation said last to this account, about all it ever was there: for its owner's eyes only. */
    async lastWordsTo(accountId: string): Promise<LastWord[]> {
      return acrossTenants('own places: what one was answered', async () => {
        const rows = await MembershipModel.find({ accountId: new Types.ObjectId(accountId) })
          .select({ tenantId: 1, state: 1, createdAt: 1, history: { $slice: -1 } })
          .lean();
        return rows.map((row) => ({
          membershipId: String(row._id),
          tenantId: String(row.tenantId),
          state: row.state,
          at: row.history[0]?.at ?? row.createdAt,
          // What somebody wrote who took the application back, or left, was not said to them.
          reason: String(row.history[0]?.accountId) === accountId ? null : (row.history[0]?.reason ?? null),
        }));
      });
    },

    /** Of these, where one may act: neither what was left nor what closed. */
    async choicesOf(accountId: string): Promise<OwnPlace[]> {
      return (await this.placesOf(accountId)).filter(({ over }) => over === null);
    },
  };
}
