import { can } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import { NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { Permission } from '../../core/permissions.ts';
import { wasSaid } from './fitting.rules.ts';
import { MembershipModel } from './membership.model.ts';
import type { MembershipRow } from './membership.model.ts';

/** The only way to a membership by id: unknown, foreign, out of reach and not yet handed in are all missing. */
export async function accessMembership(
  actor: Actor,
  id: string,
  permission: Permission = 'memberships:see',
): Promise<MembershipRow> {
  const row = isId(id) ? await MembershipModel.findById(id).lean() : null;
  const own = row && actor.kind === 'account' && String(row.personId) === actor.personId;
  const reached =
    row &&
    wasSaid(row) &&
    (can(actor, permission, String(row.unitId)) || can(actor, 'people:see', String(row.unitId)));
  if (!row || (!own && !reached)) throw new NotFound();
  return row;
}
