import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import type { Role } from '../../core/permissions.ts';
import { membershipLifecycle } from '../../core/states.ts';
import { ageOn, localDate } from '../../core/time.ts';
import { recordAudit } from '../../db/audit.ts';
import { addMessage } from '../../db/outbox.ts';
import type { DueWork } from '../../db/runs.ts';
import { inTransaction, isDuplicateKey, requireTransaction } from '../../db/transaction.ts';
import { born, editRow, transition } from '../../db/transition.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { keepAdministrator } from './administrators.ts';
import { accessMembership } from './membership.access.ts';
import { createMembershipGrants } from './membership.grants.ts';
import { MembershipModel } from './membership.model.ts';
import type { MembershipKind, MembershipRow } from './membership.model.ts';
import { createMembershipReview } from './membership.review.ts';
import type { IsOwn, Stopped } from './membership.review.ts';
import { createMembershipReading } from './membership.reading.ts';
import { searchKeysOf } from './membership.search.ts';
import { LIVE } from './fitting.rules.ts';
import { toMembership } from './membership.view.ts';
import type { Membership } from './membership.view.ts';

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

  // Numbers are compared by a feature that itself asks for memberships, so it comes later; without it nobody decides.
  let humans: Humans | null = null;
  const isSameHuman: Humans['isSame'] = (personId, of) => {
    if (!humans) throw new Error('Nobody tells humans apart in this process');
    return humans.isSame(personId, of);
  };
  const isOwn: IsOwn = async (actor, row) =>
    String(row.personId) === actor.personId ||
    isSameHuman(actor.personId, { personIds: [String(row.personId)] });

  const keep = keepAdministrator(tenants);
  const stoppedListeners: ((stopped: Stopped) => Promise<void>)[] = [];
  const tellStopped = async (stopped: Stopped): Promise<void> => {
    for (const listener of stoppedListeners) await listener(stopped);
  };

  return {
    /** Hears of members who are suspended, ended or leave, in the transaction of the change and inside their tenant. */
    onStopped(listener: (stopped: Stopped) => Promise<void>): void {
      stoppedListeners.push(listener);
    },
    /** Says who tells humans apart: whoever decides or lends roles is compared with whom it concerns (S-10). */
    compareHumansBy(by: Humans): void {
      humans = by;
    },
    ...createMembershipReading({ units, tenants }),
    ...createMembershipGrants({ people, tenants, units, isOwn, keep }),
    ...createMembershipReview({ tenants, isOwn, isSameHuman, keep, tellStopped }),
    access: accessMembership,

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

    /**
     * The record is given up for another of the same human. Inside the merging transaction, which asked who may.
     * @throws Conflict `last-administrator`
     */
    async endMerged(row: MembershipRow, into: MembershipRow, reason: string): Promise<void> {
      requireTransaction('The end of a merged membership');
      await transition(MembershipModel, row._id, {
        lifecycle: membershipLifecycle,
        from: ['approved', 'suspended'],
        to: 'ended',
        reason,
        action: 'memberships/merge',
        facts: { into: String(into._id) },
      });
      await keep(row);
      // The record that is kept is written as well: whoever ends it, or gives it up for a third one at the same time, meets this here.
      await editRow(MembershipModel, into._id, {
        version: null,
        set: {},
        action: 'memberships/merge-into',
        facts: { from: String(row._id) },
      });
    },

    /** The applicant sends in a draft, mends an application that was sent back, or takes it back. */
    async answerOwn(
      actor: AccountActor,
      id: string,
      input: { to: 'submitted' | 'withdrawn'; motivation: string },
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await accessMembership(actor, id);
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

    /**
     * A member leaves: what they had ahead goes to others at once, their hours stay.
     * @throws Conflict `last-administrator` where nobody else could give anybody a role
     */
    async leaveOwn(actor: AccountActor, id: string, reason: string): Promise<Membership> {
      return inTransaction(async () => {
        const row = await accessMembership(actor, id);
        if (String(row.personId) !== actor.personId) throw new NotFound();
        const after = await transition(MembershipModel, id, {
          lifecycle: membershipLifecycle,
          from: ['approved', 'suspended'],
          to: 'ended',
          reason: reason || null,
          // What the person wrote was for the membership that is no more.
          set: { motivation: '' },
          action: 'memberships/leave',
        });
        await keep(row);
        await tellStopped({ personId: actor.personId, how: 'left' });
        return toMembership(after);
      });
    },

    /** Memberships of any tenant whose places are still to be freed; for the sweep. */
    async dueToRelease({ now, limit, except }: DueWork): Promise<{ tenantId: string; id: string }[]> {
      const rows = await MembershipModel.find({
        releaseAt: { $lte: now },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      })
        .sort({ releaseAt: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Frees what somebody has ahead whose membership stopped before that freed it; twice changes nothing. */
    async release(id: string): Promise<void> {
      await inTransaction(async () => {
        const row = await MembershipModel.findOneAndUpdate(
          { _id: new Types.ObjectId(id), releaseAt: { $type: 'date' } },
          { $set: { releaseAt: null } },
          { returnDocument: 'after' },
        ).lean();
        // Whoever was brought back, or joined again, keeps what they have.
        if (!row || (await MembershipModel.exists({ personId: row.personId, state: 'approved' }))) return;
        await tellStopped({
          personId: String(row.personId),
          how: row.state === 'suspended' ? 'suspended' : 'ended',
        });
      });
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
  };
}
