import { Types } from 'mongoose';
import type { PipelineStage } from 'mongoose';
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

/** Rows whose membership, named by this field, is of one of these units: for a feature that keeps no unit of its own. */
export const ofUnits = (field: string, unitIds: ReadonlySet<string>): PipelineStage[] => [
  {
    $lookup: {
      from: 'memberships',
      localField: field,
      foreignField: '_id',
      as: 'ofUnits',
      pipeline: [
        { $match: { unitId: { $in: [...unitIds].map((id) => new Types.ObjectId(id)) } } },
        { $project: { _id: 1 } },
      ],
    },
  },
  { $match: { 'ofUnits.0': { $exists: true } } },
  { $unset: 'ofUnits' },
];
