import type { Actor, Reach } from '../../core/actor.ts';
import { can, reachOf } from '../../core/actor.ts';
import { Forbidden, NotFound } from '../../core/errors.ts';
import { isId } from '../../core/ids.ts';
import type { Unit, UnitService } from '../units/index.ts';
import { ImportModel } from './import.model.ts';
import type { ImportRow } from './import.model.ts';

/** An operator's command acts for the whole tenant it names; people within their grants. */
export const mayRun = (actor: Actor, unitId: string): boolean =>
  actor.kind === 'operator' || can(actor, 'imports:run', unitId);
const maySee = (actor: Actor, unitId: string): boolean =>
  actor.kind === 'operator' || can(actor, 'imports:see', unitId);
export const seenReach = (actor: Actor): Reach =>
  actor.kind === 'operator' ? 'tenant' : reachOf(actor, 'imports:see');

/** The only way to an import by id. @throws NotFound for missing, foreign and out of reach alike */
export async function accessImport(actor: Actor, id: string): Promise<ImportRow> {
  const row = isId(id) ? await ImportModel.findById(id).lean() : null;
  if (!row || !maySee(actor, String(row.unitId))) throw new NotFound();
  return row;
}

/** The import, to change it. @throws NotFound as above; Forbidden for who may only look */
export async function accessToRun(actor: Actor, id: string): Promise<ImportRow> {
  const row = await accessImport(actor, id);
  if (!mayRun(actor, String(row.unitId))) throw new Forbidden('not-permitted');
  return row;
}

/** Units into which the actor may import, parents first. */
export async function runnableUnits(actor: Actor, units: UnitService): Promise<Unit[]> {
  return (await units.all()).filter((unit) => mayRun(actor, unit.id));
}

/** The unit named, or the topmost one the actor may import into. @throws NotFound for a unit out of reach */
export async function chooseUnit(
  actor: Actor,
  units: UnitService,
  unitId: string | undefined,
): Promise<string> {
  if (unitId === undefined) {
    const [first] = await runnableUnits(actor, units);
    if (!first) throw new Forbidden('not-permitted');
    return first.id;
  }
  await units.get(unitId);
  if (!mayRun(actor, unitId)) throw new NotFound();
  return unitId;
}
