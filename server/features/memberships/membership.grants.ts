import { Types } from 'mongoose';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import { logger } from '../../core/logger.ts';
import { ROLE_PERMISSIONS } from '../../core/permissions.ts';
import type { Role } from '../../core/permissions.ts';
import { localDate } from '../../core/time.ts';
import { afterCommit, inTransaction, requireTransaction } from '../../db/transaction.ts';
import { editRow } from '../../db/transition.ts';
import { isMinor } from '../people/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { leavesNobody } from './administrators.ts';
import type { KeepAdministrator } from './administrators.ts';
import { accessMembership } from './membership.access.ts';
import { MembershipModel } from './membership.model.ts';
import type { MembershipRow } from './membership.model.ts';
import type { IsOwn } from './membership.review.ts';
import { toMembership } from './membership.view.ts';
import type { Membership } from './membership.view.ts';

/** What a tenant lends or attests to a member: roles within units, and skills it has seen proof of. Never to oneself. */
export function createMembershipGrants({
  people,
  tenants,
  units,
  isOwn,
  keep,
}: {
  people: PeopleService;
  tenants: TenantService;
  units: UnitService;
  isOwn: IsOwn;
  keep: KeepAdministrator;
}) {
  /** Below 18 a guardian may end what somebody does any day: an organisation does not hang on that. */
  async function assertOfAge({ personId }: MembershipRow, role: Role): Promise<void> {
    if (!(ROLE_PERMISSIONS[role] as readonly string[]).includes('roles:grant')) return;
    const [{ birthDate }, { zone }] = [await people.row(personId), await tenants.current()];
    if (isMinor(birthDate, localDate(contextNow(), zone))) throw new Conflict('minors-give-no-roles');
  }

  return {
    /** Whether a guardian speaks for a member, or may have to: of everybody else it was recorded that they are of age. */
    async mayNeedGuardian(personId: string): Promise<boolean> {
      const [{ birthDate, guardian }, { zone }] = [await people.row(personId), await tenants.current()];
      return birthDate === null || guardian !== null || isMinor(birthDate, localDate(contextNow(), zone));
    },

    async grant(
      actor: AccountActor,
      id: string,
      input: { role: Role; unitId: string },
      version: number | null,
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await accessMembership(actor, id);
        await units.get(input.unitId);
        if (!can(actor, 'roles:grant', input.unitId)) throw new Forbidden('not-permitted');
        // Nobody hands themselves rights, by whatever account.
        if (await isOwn(actor, row)) throw new Forbidden('not-your-own');
        if (row.state !== 'approved') throw new Conflict('membership-not-approved');
        if (row.accountId === null) throw new Conflict('no-account');
        if (row.grants.some((grant) => grant.role === input.role && String(grant.unitId) === input.unitId))
          throw new Conflict('already-granted');
        await assertOfAge(row, input.role);
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

    /** Takes a role. @throws Conflict `last-administrator` where nobody could give anybody a role afterwards */
    async revoke(
      actor: AccountActor,
      id: string,
      input: { role: Role; unitId: string },
      version: number | null,
    ): Promise<Membership> {
      return inTransaction(async () => {
        const row = await accessMembership(actor, id);
        if (!can(actor, 'roles:grant', input.unitId)) throw new Forbidden('not-permitted');
        const grants = row.grants.filter(
          (grant) => !(grant.role === input.role && String(grant.unitId) === input.unitId),
        );
        if (grants.length === row.grants.length) throw new NotFound();
        const after = await editRow(MembershipModel, id, {
          version: version ?? row.version,
          set: { grants },
          action: 'memberships/revoke',
          facts: { role: input.role, unitId: input.unitId },
        });
        await keep(row);
        return toMembership(after);
      });
    },

    /**
     * Takes every role that somebody has, in whatever organisation: whoever cannot sign in any more acts for nobody, and is not
     * counted among those who can give roles. Stopped by nothing, for a guardian's word holds; where nobody else could
     * give roles, the operator is told to invite somebody. Inside the caller's transaction.
     */
    async takeRolesEverywhere(personId: string): Promise<void> {
      requireTransaction('Taking roles');
      const rows = await acrossTenants('memberships: the roles of one person', () =>
        MembershipModel.find({
          personId: new Types.ObjectId(personId),
          'grants.0': { $exists: true },
        } as never).lean(),
      );
      for (const row of rows)
        await asTenant(String(row.tenantId), async () => {
          await editRow(MembershipModel, row._id, {
            version: null,
            set: { grants: [] },
            action: 'memberships/revoke',
            facts: { roles: row.grants.map(({ role, unitId }) => ({ role, unitId: String(unitId) })) },
          });
          if (!(await leavesNobody(tenants, row))) return;
          const { slug } = await tenants.current();
          afterCommit(() =>
            logger.error({ tenant: slug }, 'nobody can give roles any more: invite an administrator'),
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
        const row = await accessMembership(actor, id);
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
  };
}
