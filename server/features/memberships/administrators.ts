import { Types } from 'mongoose';
import { Conflict } from '../../core/errors.ts';
import { requireTransaction } from '../../db/transaction.ts';
import type { TenantService } from '../tenants/index.ts';
import { givesOver, holdersOf } from './authority.ts';
import type { MembershipRow } from './membership.model.ts';

/** Asks, after a change, whether somebody can still give roles over the whole organisation who could before. */
export type KeepAdministrator = (before: Pick<MembershipRow, 'state' | 'grants'>) => Promise<void>;

/**
 * Somebody must remain who can give roles, or nobody is ever made anything again. Each change that takes that right from
 * anybody, on whatever way, writes one document of the organisation: of two at the same moment one runs again and sees the
 * other. Inside the transaction of the change and after it.
 * @throws Conflict `last-administrator`
 */
export const keepAdministrator =
  (tenants: Pick<TenantService, 'current' | 'countLessRights'>): KeepAdministrator =>
  async ({ state, grants }) => {
    requireTransaction('Taking rights');
    const root = new Types.ObjectId((await tenants.current()).rootUnitId);
    if (state !== 'approved' || !grants.some((grant) => givesOver(grant, 'roles:grant', [root]))) return;
    await tenants.countLessRights();
    if ((await holdersOf('roles:grant', [root], 1)).length === 0) throw new Conflict('last-administrator');
  };
