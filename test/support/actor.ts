import type { AccountActor } from '../../server/core/actor.ts';
import { asTenant, runInContext } from '../../server/core/context.ts';
import type { Member } from '../factories/people.ts';
import { testApp } from './app.ts';

/** The member as services see them, with the rights that the database says they have now. */
export async function actorOf(member: Member): Promise<AccountActor> {
  const { composed } = await testApp();
  const identity = await composed.identities.forSession({
    accountId: member.accountId,
    accountVersion: 1,
    membershipId: member.membershipId,
    authenticatedAt: Date.now(),
  });
  if (!identity) throw new Error('No identity');
  return identity.actor;
}

/** Runs the work as the member, inside their tenant, as a request would. */
export async function as<T>(member: Member, work: (actor: AccountActor) => Promise<T>): Promise<T> {
  const actor = await actorOf(member);
  return runInContext({ requestId: 'test', actor, tenantId: null, crossTenant: null }, () =>
    asTenant(member.tenant.id, () => work(actor)),
  );
}
