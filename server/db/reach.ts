import { Types } from 'mongoose';
import { reachOf } from '../core/actor.ts';
import type { Actor } from '../core/actor.ts';
import type { Permission } from '../core/permissions.ts';

/** The part of a filter that keeps a list to the units where the actor holds the permission; empty where that is everywhere. */
export function withinReach(actor: Actor, permission: Permission): { unitId?: { $in: Types.ObjectId[] } } {
  const reach = reachOf(actor, permission);
  return reach === 'tenant' ? {} : { unitId: { $in: [...reach].map((id) => new Types.ObjectId(id)) } };
}
