import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { acrossTenants } from '../../core/context.ts';
import type { LocalText } from '../../db/fields.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { withinReach } from '../../db/reach.ts';
import type { TenantService } from '../tenants/index.ts';
import { PoolMemberModel, TalentPoolModel } from './pool.model.ts';
import type { PoolMemberRow } from './pool.model.ts';

const BY_NAME: readonly SortKey[] = [
  ['personName', 1],
  ['_id', 1],
];
const OLDEST: readonly SortKey[] = [
  ['createdAt', 1],
  ['_id', 1],
];
const NEWEST_ID: readonly SortKey[] = [['_id', 1]];

/** A certification that its person agreed to show to neighbouring organisations. */
export interface SharedMember {
  readonly id: string;
  readonly pool: LocalText;
  readonly organisation: LocalText;
  readonly personName: string;
  readonly validTo: string | null;
}

/** Lists of people in pools. */
export function createPoolMemberQueries({ tenants }: { tenants: TenantService }) {
  return {
    /** People of one pool within the actor's reach, by name. */
    async ofPool(
      actor: Actor,
      poolId: Types.ObjectId,
      filter: { state?: string | undefined; limit: number; cursor?: string | undefined },
    ): Promise<Page<PoolMemberRow>> {
      const rows = await PoolMemberModel.find({
        poolId,
        ...(filter.state ? { state: filter.state } : {}),
        ...withinReach(actor, 'talent-pools:see'),
        ...afterCursor(BY_NAME, filter.cursor),
      } as never)
        .sort(sortOf(BY_NAME))
        .limit(filter.limit + 1)
        .lean();
      return pageOf(rows, filter.limit, (row) => [row.personName, row._id]);
    },

    /** What waits for the actor's word in any pool, oldest first; never their own, nor what they have spoken on. */
    async desk(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<PoolMemberRow>> {
      const self = new Types.ObjectId(actor.accountId);
      const states = [
        ...(can(actor, 'talent-pools:review') ? ['proposed', 'applied'] : []),
        ...(can(actor, 'talent-pools:decide') ? ['first_pass', 'appealed'] : []),
      ];
      const rows = await PoolMemberModel.find({
        state: { $in: states },
        personId: { $ne: new Types.ObjectId(actor.personId) },
        $nor: [
          { state: { $in: ['first_pass', 'appealed'] }, firstReviewerId: self },
          { state: 'appealed', refusedBy: self },
        ],
        ...withinReach(actor, 'talent-pools:see'),
        ...afterCursor(OLDEST, cursor),
      } as never)
        .sort(sortOf(OLDEST))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    own: (actor: AccountActor): Promise<PoolMemberRow[]> =>
      PoolMemberModel.find({ personId: new Types.ObjectId(actor.personId) })
        .sort({ _id: -1 })
        .limit(50)
        .lean(),

    /**
     * Certified people of other organisations that serve a county of this one, who agreed to be shown: name, pool, until when.
     * Taken back, it is gone at once.
     */
    async sharedNearby(limit: number, cursor: string | undefined): Promise<Page<SharedMember>> {
      const here = await tenants.current();
      return acrossTenants(
        'talent-pools: certifications that people agreed to show to neighbours',
        async () => {
          const near = await tenants.serving(here.serviceCounties);
          const others = new Map(
            near.filter(({ id }) => id !== here.id).map((tenant) => [tenant.id, tenant]),
          );
          const rows = await PoolMemberModel.find({
            shared: true,
            state: { $in: ['certified', 'expiring'] },
            tenantId: { $in: [...others.keys()].map((id) => new Types.ObjectId(id)) },
            ...afterCursor(NEWEST_ID, cursor),
          } as never)
            .sort(sortOf(NEWEST_ID))
            .limit(limit + 1)
            .lean();
          const page = pageOf(rows, limit, (row) => [row._id]);
          const pools = new Map(
            (
              await TalentPoolModel.find({ _id: { $in: page.data.map((row) => row.poolId) } })
                .select({ name: 1 })
                .lean()
            ).map((pool) => [String(pool._id), pool.name]),
          );
          const none = { 'zh-CN': '', en: '' };
          return {
            ...page,
            data: page.data.map((row) => ({
              id: String(row._id),
              pool: pools.get(String(row.poolId)) ?? none,
              organisation: others.get(String(row.tenantId))?.name ?? none,
              personName: row.personName,
              validTo: row.validTo,
            })),
          };
        },
      );
    },
  };
}
