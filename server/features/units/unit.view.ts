import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import type { Locale } from '../../core/locale.ts';
import type { Permission } from '../../core/permissions.ts';
import type { OptionInput } from '../../i18n/index.ts';
import type { UnitChoice } from './unit.service.ts';

/** Units on which the actor may do it, indented as they lie below each other. */
export function unitChoices(
  units: readonly UnitChoice[],
  actor: AccountActor,
  permission: Permission,
  locale: Locale,
): OptionInput[] {
  return units
    .filter((unit) => can(actor, permission, unit.id))
    .map((unit) => ({ value: unit.id, label: `${'　'.repeat(unit.depth)}${unit.name[locale]}` }));
}
