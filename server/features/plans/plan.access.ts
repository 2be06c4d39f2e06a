import { Types } from 'mongoose';
import type { Actor } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { Permission } from '../../core/permissions.ts';
import { PlanModel } from './plan.model.ts';
import type { PlanRow } from './plan.model.ts';

/** The only way to a plan by id: those of units in one's reach. @throws NotFound */
export async function accessPlan(actor: Actor, id: string): Promise<PlanRow> {
  const row = isId(id) ? await PlanModel.findById(id).lean() : null;
  if (!row || !can(actor, 'plans:see', String(row.unitId))) throw new NotFound();
  return row;
}

/** The same for whoever wants to do something with it. @throws NotFound, Forbidden */
export async function accessPlanTo(actor: Actor, id: string, permission: Permission): Promise<PlanRow> {
  const row = await accessPlan(actor, id);
  if (!can(actor, permission, String(row.unitId))) throw new Forbidden('not-permitted');
  return row;
}

/** Filter of the plans in the actor's reach. */
export function seenPlans(actor: Actor): Record<string, unknown> {
  const reach = reachOf(actor, 'plans:see');
  return reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } };
}
