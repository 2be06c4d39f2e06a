import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, Invalid, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { Permission, Role } from '../../core/permissions.ts';
import { membershipLifecycle } from '../../core/states.ts';
import { ageOn, localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import type { Beside } from '../../db/builders.ts';
import { addMessage } from '../../db/outbox.ts';
import { afterCursor, MOST_COUNTED, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import { inTransaction, isDuplicateKey, requireTransaction } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import type { PeopleService } from '../people/index.ts';
import type { Tenant, TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { MembershipModel } from './membership.model.ts';
import type { MembershipKind, MembershipRow } from './membership.model.ts';
import { searchFilter, searchKeysOf } from './membership.search.ts';

export interface Membership {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly personName: string;
  readonly unitId: string;
  readonly kind: MembershipKind;
  readonly state: string;
  readonly motivation: string;
  readonly notes: string;
  readonly grants: readonly { role: Role; unitId: string; grantedAt: string }[];
  readonly verifiedSkills: readonly { code: string; level: number }[];
  readonly history: readonly { at: string; from: string | null; to: string; reason: string | null }[];
  /** The account whose invitation the person followed. */
  readonly invitedBy: string | null;
  readonly createdAt: string;
}

export interface MembershipFilter {
  readonly state?: string | undefined;
  readonly kind?: string | undefined;
  readonly unitId?: string | undefined;
  readonly q?: string | undefined;
}

export interface Application {
  readonly kind: MembershipKind;
  /** Null for the organisation as a whole. */
  readonly unitId: string | null;
  readonly motivation: string;
  /** The account whose invitation the person followed. */
  readonly invitedBy?: string | null;
  /** Kept for later: nobody looks at it before the person sends it in. */
  readonly draft?: boolean;
}

export type ReviewVerdict = 'first_review' | 'approved' | 'rejected' | 'needs_correction';

const SORT: readonly SortKey[] = [['_id', -1]];
export const NOT_TO_BE_ASKED = [
  'submitted',
  'needs_correction',
  'first_review',
  'suspended',
  'rejected',
  'ended',
];
const LIVE = ['draft', 'submitted', 'needs_correction', 'first_review', 'approved', 'suspended'];

/** A person's membership of the current tenant, to be read beside the person. */
export const LIVING_MEMBERSHIP: Beside = {
  from: 'memberships',
  foreignField: 'personId',
  as: 'memberships',
  match: { state: { $in: LIVE } },
  fields: { state: 1, verifiedSkills: 1, kind: 1 },
};

export const toMembership = (row: MembershipRow): Membership => ({
  id: String(row._id),
  version: row.version,
  personId: String(row.personId),
  personName: row.personName,
  unitId: String(row.unitId),
  kind: row.kind,
  state: row.state,
  motivation: row.motivation,
  notes: row.notes,
  grants: row.grants.map((grant) => ({
    role: grant.role,
    unitId: String(grant.unitId),
    grantedAt: grant.grantedAt.toISOString(),
  })),
  verifiedSkills: row.verifiedSkills.map(({ code, level }) => ({ code, level })),
  history: row.history.map(({ at, from, to, reason }) => ({ at: at.toISOString(), from, to, reason })),
  invitedBy: row.invitedBy ? String(row.invitedBy) : null,
  createdAt: row.createdAt.toISOString(),
});

export type MembershipService = ReturnType<typeof createMembershipService>;

export function createMembershipService({
  people,
  units,
  tenants,
}: {
  people: PeopleService;
  units: UnitService;
  tenants: TenantService;
}) {
  people.onNameChanged(async (personId, name) => {
    // The person's own act; every tenant's copy follows in the same transaction.
    await acrossTenants('people: a changed name follows into every membership', async () => {
      await MembershipModel.updateMany(
        { personId: new Types.ObjectId(personId) },
        { $set: { personName: name, searchKeys: searchKeysOf(name) } },
      );
    });
  });

  /** The only way to a membership by id: unknown, foreign and out of reach are all missing. */
  async function access(
    actor: Actor,
    id: string,
    permission: Permission = 'memberships:see',
  ): Promise<MembershipRow> {
    const row = isId(id) ? await MembershipModel.findById(id).lean() : null;
    const own = row && actor.kind === 'account' && String(row.personId) === actor.personId;
    if (
      !row ||
      (!own && !can(actor, permission, String(row.unitId)) && !can(actor, 'people:see', String(row.unitId)))
    )
      throw new NotFound();
    return row;
  }

  async function insert(input: {
    person: { id: string; name: string };
    accountId: string | null;
    unitId: string;
    kind: MembershipKind;
    state: string;
    motivation: string;
    invitedBy?: string | null;
    grants?: MembershipRow['grants'];
  }): Promise<MembershipRow> {
    const _id = new Types.ObjectId();
    try {
      await MembershipModel.create([
        {
          _id,
          ...born(input.state),
          personId: new Types.ObjectId(input.person.id),
          accountId: input.accountId ? new Types.ObjectId(input.accountId) : null,
          unitId: new Types.ObjectId(input.unitId),
          kind: input.kind,
          grants: input.grants ?? [],
          motivation: input.motivation,
          invitedBy: input.invitedBy ? new Types.ObjectId(input.invitedBy) : null,
          personName: input.person.name,
          searchKeys: searchKeysOf(input.person.name),
          createdAt: contextNow(),
        } as never,
      ]);
    } catch (err) {
      if (isDuplicateKey(err)) throw new Conflict('already-member');
      throw err;
    }
    await recordAudit({
      action: 'memberships/create',
      subjectType: 'Membership',
      subjectId: _id,
      to: input.state,
    });
    return (await MembershipModel.findById(_id).lean()) as MembershipRow;
  }

  const tellSubmitted = (id: Types.ObjectId): Promise<void> =>
    addMessage({
      kind: 'memberships/submitted',
      subjectId: id,
      dedupeKey: `membership-submitted:${String(id)}`,
    });

  return {
    access,

    /** The person asks to join the tenant of the context. @throws NotFound, Conflict `already-member`, `below-lowest-age` */
    async apply(account: { accountId: string; personId: string }, input: Application): Promise<Membership> {
      return inTransaction(async () => {
        const tenant = await tenants.current();
        const unitId = input.unitId ?? tenant.rootUnitId;
        await units.get(unitId);
        const person = await people.row(account.personId);
        const lowest = tenant.settings.minAge;
        if (person.birthDate && ageOn(person.birthDate, localDate(contextNow(), tenant.zone)) < lowest)
          throw new Conflict('below-lowest-age', { min: lowest });
        if (await MembershipModel.exists({ personId: person._id, state: { $in: LIVE } }))
          throw new Conflict('already-member');
        const row = await insert({
          person: { id: String(person._id), name: person.name },
          accountId: account.accountId,
          unitId,
          kind: input.kind,
          state: input.draft ? 'draft' : 'submitted',
          motivation: input.motivation,
          invitedBy: input.invitedBy ?? null,
        });
        if (!input.draft) await tellSubmitted(row._id);
        return toMembership(row);
      });
    },

    /**
     * The same for a tenant named by its id: who registered on its page joins it on confirming the address. Twice changes nothing.
     * @returns whether there is a new application
     */
    async applyTo(
      tenantId: string,
      account: { accountId: string; personId: string },
      input: Application,
    ): Promise<boolean> {
      return asTenant(tenantId, async () => {
        const personId = new Types.ObjectId(account.personId);
        if (await MembershipModel.exists({ personId, state: { $in: LIVE } })) return false;
        await this.apply(account, input);
        return true;
      });
    },

    /** An account's first administrator, or an operator's: approved at once. */
    async appoint(
      tenantId: string,
      account: { accountId: string; personId: string },
      role: Role,
    ): Promise<string> {
      return inTransaction(() =>
        asTenant(tenantId, async () => {
          const tenant = await tenants.current();
          const person = await people.row(account.personId);
          const grants = [
            { role, unitId: new Types.ObjectId(tenant.rootUnitId), grantedBy: null, grantedAt: contextNow() },
          ];
          const row = await insert({
            person: { id: String(person._id), name: person.name },
            accountId: account.accountId,
            unitId: tenant.rootUnitId,
            kind: 'staff',
            state: 'approved',
            motivation: '',
            grants,
          });
          return String(row._id);
        }),
      );
    },

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

    /** Rows within the actor's reach, newest first. */
    async members(
      actor: Actor,
      filter: MembershipFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<MembershipRow>> {
      const reach = reachOf(actor, 'people:see');
      const below = filter.unitId && isId(filter.unitId) ? [...(await units.expand([filter.unitId]))] : null;
      const allowed = reach === 'tenant' ? below : below ? below.filter((id) => reach.has(id)) : [...reach];
      const rows = await MembershipModel.find({
        ...(filter.state ? { state: filter.state } : {}),
        ...(filter.kind ? { kind: filter.kind } : {}),
        ...(allowed ? { unitId: { $in: allowed.map((id) => new Types.ObjectId(id)) } } : {}),
        ...(filter.q ? searchFilter(filter.q) : null),
        ...afterCursor(SORT, cursor),
      } as never)
        .sort(sortOf(SORT))
        .limit(limit + 1)
        .lean();
      return pageOf(rows, limit, (row) => [row._id]);
    },

    async show(actor: Actor, id: string): Promise<Membership> {
      return toMembership(await access(actor, id));
    },

    /** One step of the review; the final word needs another reviewer where the tenant asks for it. */
    async review(
      actor: AccountActor,
      id: string,
      input: { verdict: ReviewVerdict; reason: string },
      version: number | null,
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
        const tenant = await tenants.current();
        mayReview(actor, row, input, tenant);
        const from =
          input.verdict === 'first_review'
            ? ['submitted']
            : input.verdict === 'approved'
              ? ['first_review']
              : ['submitted', 'first_review'];
        const after = await transition(MembershipModel, id, {
          lifecycle: membershipLifecycle,
          from,
          to: input.verdict,
          version,
          reason: input.reason || null,
          action: 'memberships/review',
          ...(input.verdict === 'first_review'
            ? { set: { firstReviewerId: new Types.ObjectId(actor.accountId) } }
            : {}),
        });
        if (input.verdict !== 'first_review') {
          await addMessage({
            kind: 'memberships/reviewed',
            subjectId: id,
            data: { state: input.verdict },
            dedupeKey: `membership-reviewed:${id}:${after.version}`,
          });
        }
        return toMembership(after);
      });
    },

    /** Suspends, brings back or ends a membership. */
    async changeStanding(
      actor: AccountActor,
      id: string,
      input: { to: 'suspended' | 'approved' | 'ended'; reason: string },
      version: number | null,
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!can(actor, 'memberships:decide', String(row.unitId))) throw new Forbidden('not-permitted');
        if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
        const from =
          input.to === 'suspended'
            ? ['approved']
            : input.to === 'approved'
              ? ['suspended']
              : ['approved', 'suspended'];
        const after = await transition(MembershipModel, id, {
          lifecycle: membershipLifecycle,
          from,
          to: input.to,
          version,
          reason: input.reason,
          action: 'memberships/change-standing',
        });
        await addMessage({
          kind: 'memberships/reviewed',
          subjectId: id,
          data: { state: input.to },
          dedupeKey: `membership-reviewed:${id}:${after.version}`,
        });
        return toMembership(after);
      });
    },

    /** The applicant sends in a draft, mends an application that was sent back, or takes it back. */
    async answerOwn(
      actor: AccountActor,
      id: string,
      input: { to: 'submitted' | 'withdrawn'; motivation: string },
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (String(row.personId) !== actor.personId) throw new NotFound();
        const from =
          input.to === 'submitted'
            ? ['draft', 'needs_correction']
            : ['draft', 'submitted', 'needs_correction', 'first_review'];
        // What the person wrote was for an application that is no more.
        const set = { motivation: input.to === 'submitted' ? input.motivation : '' };
        const after = await transition(MembershipModel, id, {
          lifecycle: membershipLifecycle,
          from,
          to: input.to,
          set,
          action: 'memberships/answer-own',
        });
        if (input.to === 'submitted') await tellSubmitted(after._id);
        return toMembership(after);
      });
    },

    async grant(
      actor: AccountActor,
      id: string,
      input: { role: Role; unitId: string },
      version: number | null,
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        await units.get(input.unitId);
        if (!can(actor, 'roles:grant', input.unitId)) throw new Forbidden('not-permitted');
        // Nobody hands themselves rights.
        if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
        if (row.state !== 'approved') throw new Conflict('membership-not-approved');
        if (row.accountId === null) throw new Conflict('no-account');
        if (row.grants.some((grant) => grant.role === input.role && String(grant.unitId) === input.unitId))
          throw new Conflict('already-granted');
        const grants = [
          ...row.grants,
          {
            role: input.role,
            unitId: new Types.ObjectId(input.unitId),
            grantedBy: new Types.ObjectId(actor.accountId),
            grantedAt: contextNow(),
          },
        ];
        return toMembership(
          await editRow(MembershipModel, id, {
            version: version ?? row.version,
            set: { grants },
            action: 'memberships/grant',
            facts: { role: input.role, unitId: input.unitId },
          }),
        );
      });
    },

    async revoke(
      actor: AccountActor,
      id: string,
      input: { role: Role; unitId: string },
      version: number | null,
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!can(actor, 'roles:grant', input.unitId)) throw new Forbidden('not-permitted');
        const grants = row.grants.filter(
          (grant) => !(grant.role === input.role && String(grant.unitId) === input.unitId),
        );
        if (grants.length === row.grants.length) throw new NotFound();
        return toMembership(
          await editRow(MembershipModel, id, {
            version: version ?? row.version,
            set: { grants },
            action: 'memberships/revoke',
            facts: { role: input.role, unitId: input.unitId },
          }),
        );
      });
    },

    /** Skills that somebody of the tenant has seen proof of. */
    async verifySkill(
      actor: AccountActor,
      id: string,
      input: { code: string; level: number },
      version: number | null,
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await access(actor, id);
        if (!can(actor, 'people:edit', String(row.unitId))) throw new Forbidden('not-permitted');
        if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
        const others = row.verifiedSkills.filter((skill) => skill.code !== input.code);
        const verifiedSkills = [
          ...others,
          { ...input, verifiedBy: new Types.ObjectId(actor.accountId), verifiedAt: contextNow() },
        ];
        return toMembership(
          await editRow(MembershipModel, id, {
            version: version ?? row.version,
            set: { verifiedSkills },
            action: 'memberships/verify-skill',
            facts: { code: input.code },
          }),
        );
      });
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

    /** The states in which an application waits for this actor: the first look, the final word, or both. */
    waitingStates: (actor: Actor): ('submitted' | 'first_review')[] => [
      ...(can(actor, 'memberships:review') ? (['submitted'] as const) : []),
      ...(can(actor, 'memberships:decide') ? (['first_review'] as const) : []),
    ],

    /** Applications that wait for a reviewer within the actor's reach. */
    async waitingCount(actor: Actor): Promise<number> {
      const reach = reachOf(actor, 'memberships:see');
      const waiting = {
        state: { $in: this.waitingStates(actor) },
        ...(reach === 'tenant'
          ? {}
          : { unitId: { $in: [...reach].map((unitId) => new Types.ObjectId(unitId)) } }),
      };
      return MembershipModel.countDocuments(waiting, { limit: MOST_COUNTED + 1 });
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

    /**
     * Somebody from outside accepted what a coordinator of the unit offered: both sides have said yes, so they are a member
     * there, with no role, from then on. Inside the accepting transaction.
     */
    async joinByOffer(
      account: { accountId: string; personId: string },
      place: { unitId: string; offerId: string },
    ): Promise<MembershipRow> {
      requireTransaction('A membership by offer');
      const person = await people.row(account.personId);
      const row = await insert({
        person: { id: String(person._id), name: person.name },
        accountId: account.accountId,
        unitId: place.unitId,
        kind: 'volunteer',
        state: 'approved',
        motivation: '',
      });
      await recordAudit({
        action: 'memberships/join-by-offer',
        subjectType: 'Membership',
        subjectId: row._id,
        to: 'approved',
        facts: { offerId: place.offerId },
      });
      return row;
    },

    /** How many approved members the current tenant has, counted no further than to the limit. */
    countApproved: async (limit: number): Promise<number> =>
      MembershipModel.countDocuments({ state: 'approved' }, { limit }),

    /** All approved members of the current tenant, for ranking; ids only, in order of id. */
    async approvedPeople(limit: number): Promise<MembershipRow[]> {
      return MembershipModel.find({ state: 'approved' }).sort({ _id: 1 }).limit(limit).lean();
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

    /** The account's memberships everywhere, for choosing where to act. */
    async choicesOf(accountId: string): Promise<{ id: string; tenantId: string; state: string }[]> {
      return acrossTenants('sign-in: the account’s own places', async () => {
        const rows = await MembershipModel.find({
          accountId: new Types.ObjectId(accountId),
          state: { $in: LIVE },
        })
          .select({ tenantId: 1, state: 1 })
          .lean();
        return rows.map((row) => ({ id: String(row._id), tenantId: String(row.tenantId), state: row.state }));
      });
    },
  };
}

function mayReview(
  actor: AccountActor,
  row: MembershipRow,
  input: { verdict: ReviewVerdict; reason: string },
  tenant: Tenant,
): void {
  const unitId = String(row.unitId);
  // What somebody else decided meanwhile is told as that (the transition does), not as a lack of rights.
  const decided = !['submitted', 'first_review'].includes(row.state);
  if (decided && (can(actor, 'memberships:review', unitId) || can(actor, 'memberships:decide', unitId)))
    return;
  const isFinal = input.verdict === 'approved' || row.state === 'first_review';
  if (!can(actor, isFinal ? 'memberships:decide' : 'memberships:review', unitId))
    throw new Forbidden('not-permitted');
  if (isFinal && tenant.settings.reviewersDiffer && String(row.firstReviewerId) === actor.accountId)
    throw new Forbidden('second-reviewer-needed');
  if ((input.verdict === 'rejected' || input.verdict === 'needs_correction') && input.reason.trim() === '')
    throw Invalid.field('reason', 'required');
}
