import { Types } from 'mongoose';
import { Conflict } from '../../core/errors.ts';
import { requireTransaction } from '../../db/transaction.ts';
import type { TenantService } from '../tenants/index.ts';
import { givesOver, holdersOf } from './authority.ts';
import type { MembershipRow } from './membership.model.ts';

/** Asks, after a change, whether somebody can still give roles over the whole organisation who could before. */
export type KeepAdministrator = (before: Pick<MembershipRow, 'state' | 'grants'>) => Promise<void>;

/**
 * Whether nobody is left who can give roles after somebody lost what they held before. Each change that takes that right from
 * anybody, on whatever way, writes one document of the organisation: of two at the same moment one runs again and sees the
 * other. Inside the transaction of the change and after it.
 */
export async function leavesNobody(
  tenants: Pick<TenantService, 'current' | 'countLessRights'>,
  { state, grants }: Pick<MembershipRow, 'state' | 'grants'>,
): Promise<boolean> {
  requireTransaction('Taking rights');
  const root = new Types.ObjectId((await tenants.current()).rootUnitId);
  if (state !== 'approved' || !grants.some((grant) => givesOver(grant, 'roles:grant', [root]))) return false;
  await tenants.countLessRights();
  return (await holdersOf('roles:grant', [root], 1)).length === 0;
}

/**
 * Somebody must remain who can give roles, or nobody is ever made anything again.
 * @throws Conflict `last-administrator`
 */
export const keepAdministrator =
  (tenants: Pick<TenantService, 'current' | 'countLessRights'>): KeepAdministrator =>
  async (before) => {
    if (await leavesNobody(tenants, before)) throw new Conflict('last-administrator');
  };
