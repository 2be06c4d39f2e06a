import { localDate } from '../../core/time.ts';
import { sideBySide } from '../../db/transaction.ts';
import { holdersByLevel } from '../credentials/index.ts';
import { membersToPlan } from '../memberships/index.ts';
import type { LearnerRole } from '../training/index.ts';
import { LearnerModel } from './curriculum.model.ts';
import { rolesOf } from './curriculum.rules.ts';

/** Where a zone does not matter: the day of a stored instant, for how long somebody has had a part. */
const dayOf = (at: Date): string => localDate(at, 'UTC');

/**
 * Everybody in the current tenant who plays one of these parts, with the day since when: each person stands under every part
 * of theirs. One pass over the members, whoever asks.
 */
export async function peopleOfRoles(
  roles: readonly LearnerRole[],
): Promise<Map<LearnerRole, Map<string, string>>> {
  const found = new Map(roles.map((role) => [role, new Map<string, string>()]));
  if (roles.length === 0) return found;
  const [levels, learners] = await sideBySide([
    () => holdersByLevel('social-worker'),
    () =>
      LearnerModel.find({ roles: { $in: [...roles] } })
        .select({ personId: 1, roles: 1, since: 1 })
        .lean(),
  ]);
  const chosen = new Map(learners.map((row) => [String(row.personId), row]));
  for await (const rows of membersToPlan())
    for (const row of rows) {
      const personId = String(row.personId);
      const said = chosen.get(personId);
      const own = rolesOf({
        kind: row.kind,
        level: levels.get(personId) ?? null,
        chosen: said?.roles ?? [],
      });
      for (const role of own)
        found
          .get(role)
          ?.set(personId, dayOf(said?.roles.includes(role) ? said.since : row._id.getTimestamp()));
    }
  return found;
}
