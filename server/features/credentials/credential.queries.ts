import { Types } from 'mongoose';
import type { Model, PipelineStage } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { tenantAggregate } from '../../db/builders.ts';
import type { Counting } from '../../db/builders.ts';
import { afterCursor, MOST_COUNTED, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { ofUnits } from '../memberships/index.ts';
import type { MembershipRow, MembershipService } from '../memberships/index.ts';
import { CredentialModel } from './credential.model.ts';
import type { CredentialRow } from './credential.model.ts';

const SORT: readonly SortKey[] = [
  ['createdAt', 1],
  ['_id', 1],
];

const NEWEST: readonly SortKey[] = [
  ['createdAt', -1],
  ['_id', -1],
];

/** Looking up certificates as somebody may see them. */
export function createCredentialQueries({ memberships }: { memberships: MembershipService }) {
  /** The holder's own, or one that an officer within reach may review; everything else is missing. */
  async function access(actor: Actor, id: string): Promise<CredentialRow> {
    const row = isId(id) ? await CredentialModel.findById(id).lean() : null;
    if (!row) throw new NotFound();
    if (actor.kind === 'account' && String(row.personId) === actor.personId) return row;
    const unitId = await unitOf(row);
    if (
      unitId === null ||
      !(can(actor, 'credentials:review', unitId) || can(actor, 'credentials:decide', unitId))
    )
      throw new NotFound();
    return row;
  }

  async function unitOf(row: Pick<CredentialRow, 'membershipId'>): Promise<string | null> {
    const membership = await memberships.row(String(row.membershipId));
    return membership ? String(membership.unitId) : null;
  }

  /** The states in which something waits for this actor. */
  const waitingStates = (actor: Actor): string[] => [
    ...(can(actor, 'credentials:review') ? ['under_review'] : []),
    ...(can(actor, 'credentials:decide') ? ['first_pass', 'appealed'] : []),
  ];

  /** What waits for the actor; never their own, and nothing on which they have spoken already. */
  const waitingFor = (actor: AccountActor): Record<string, unknown> => {
    const self = new Types.ObjectId(actor.accountId);
    return {
      state: { $in: waitingStates(actor) },
      personId: { $ne: new Types.ObjectId(actor.personId) },
      $nor: [
        { state: { $in: ['first_pass', 'appealed'] }, firstReviewerId: self },
        { state: 'appealed', refusedBy: self },
      ],
    };
  };

  /** Grants on part of the tree see the holders there only; a certificate does not say where its holder belongs. */
  const within = (actor: AccountActor): PipelineStage[] => {
    const reach = [reachOf(actor, 'credentials:review'), reachOf(actor, 'credentials:decide')];
    if (reach.includes('tenant')) return [];
    return ofUnits('membershipId', new Set(reach.flatMap((part) => (part === 'tenant' ? [] : [...part]))));
  };

  return {
    access,
    unitOf,

    async own(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<CredentialRow>> {
      const rows = await CredentialModel.find({
        personId: new Types.ObjectId(actor.personId),
        ...afterCursor(NEWEST, cursor),
      } as never)
        .sort(sortOf(NEWEST))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** What waits for the actor: first reviews, final ones, appeals; oldest first. */
    async desk(actor: AccountActor, limit: number, cursor: string | undefined): Promise<Page<CredentialRow>> {
      const rows = await tenantAggregate<CredentialRow>(CredentialModel as unknown as Model<never>, [
        { $match: { ...waitingFor(actor), ...afterCursor(SORT, cursor) } },
        { $sort: sortOf(SORT) },
        ...within(actor),
        { $limit: limit + 1 },
      ]);
      return pageOf(rows, limit, (row) => [row.createdAt, row._id]);
    },

    /** A member for whom the actor may state something. @throws NotFound */
    async accessMember(actor: Actor, membershipId: string): Promise<MembershipRow> {
      const membership = await memberships.row(membershipId);
      if (!membership || !can(actor, 'credentials:review', String(membership.unitId))) throw new NotFound();
      return membership;
    },

    /** What waits for the actor, to be counted. */
    waiting: (actor: AccountActor): Counting => ({
      model: CredentialModel,
      match: waitingFor(actor),
      stages: within(actor),
      most: MOST_COUNTED + 1,
    }),

    /** The registration as a social worker that somebody has on the day: the newest that has begun; null for none. */
    currentRegistration: (personId: string, on: string): Promise<CredentialRow | null> =>
      CredentialModel.findOne({
        personId: new Types.ObjectId(personId),
        type: 'social-worker',
        state: { $in: ['valid', 'expiring', 'expired', 'suspended'] },
        validFrom: { $lte: on },
      })
        .sort({ validFrom: -1 })
        .lean(),

    /** Whether it still counts and nothing follows it or is about to. */
    async stillRuns(id: string): Promise<boolean> {
      const row = await CredentialModel.findById(id)
        .select({ state: 1, renewedById: 1, renewalUnderWay: 1 })
        .lean();
      return (
        row !== null &&
        ['valid', 'expiring'].includes(row.state) &&
        row.renewedById === null &&
        !row.renewalUnderWay
      );
    },

    row: async (id: string | Types.ObjectId): Promise<CredentialRow | null> =>
      CredentialModel.findById(id).lean(),
  };
}
