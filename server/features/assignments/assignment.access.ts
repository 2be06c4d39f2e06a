import { can } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import { NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import { AssignmentModel } from './assignment.model.ts';
import type { AssignmentRow } from './assignment.model.ts';

/** One's own, or one that somebody with the permission may see; everything else is missing. */
export async function accessAssignment(actor: Actor, id: string): Promise<AssignmentRow> {
  const row = isId(id) ? await AssignmentModel.findById(id).lean() : null;
  const own = row !== null && actor.kind === 'account' && String(row.personId) === actor.personId;
  if (!row || (!own && !can(actor, 'assignments:see', String(row.unitId)))) throw new NotFound();
  return row;
}
