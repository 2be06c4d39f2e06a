import type { Types } from 'mongoose';
import { asTenant } from '../../core/context.ts';
import type { Locale } from '../../core/locale.ts';
import type { MatchingService } from '../matching/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { UnitService } from '../units/index.ts';
import type { PlanLineRow, PlanRow } from './plan.model.ts';
import type { LineView } from './plan.schema.ts';
import { toPairView } from './plan.view.ts';

export interface ReadingParts {
  readonly matching: Pick<MatchingService, 'handleOf'>;
  readonly memberships: MembershipService;
  readonly units: UnitService;
}

/** Names of the units of a plan, of whatever tenant of it. */
export async function unitNames(
  row: Pick<PlanRow, 'comparison'>,
  units: UnitService,
  locale: Locale,
): Promise<Map<string, string>> {
  const byTenant = Map.groupBy(row.comparison?.units ?? [], ({ tenantId }) => tenantId);
  const names = new Map<string, string>();
  for (const [tenantId, own] of byTenant) {
    const found = await asTenant(tenantId, () => units.names(own.map(({ unitId }) => unitId)));
    for (const [id, name] of found) names.set(id, name[locale]);
  }
  return names;
}

/** Of these people, those who are members here: name and membership. */
export async function membersAmong(
  personIds: readonly (string | Types.ObjectId)[],
  memberships: MembershipService,
): Promise<Map<string, { name: string; membershipId: string }>> {
  return new Map(
    (await memberships.ofPeople(personIds))
      .filter(({ state }) => state === 'approved')
      .map((row) => [String(row.personId), { name: row.personName, membershipId: String(row._id) }]),
  );
}

/** Lines as whoever runs the plan may see them: members of the own tenant by name, everybody else without. */
export async function readLines(lines: readonly PlanLineRow[], parts: ReadingParts): Promise<LineView[]> {
  const members = await membersAmong(
    lines.flatMap(({ pairs }) => pairs.map(({ personId }) => personId)),
    parts.memberships,
  );
  return lines.map((line) => ({
    positionId: String(line.positionId),
    shiftId: String(line.shiftId),
    tenantId: String(line.ownerTenantId),
    unitId: String(line.unitId),
    title: line.title,
    name: line.name,
    startsAt: line.startsAt.toISOString(),
    endsAt: line.endsAt.toISOString(),
    slots: line.slots,
    before: line.before,
    surplus: line.surplus,
    pairs: line.pairs.map((pair) =>
      toPairView(
        pair,
        parts.matching.handleOf(line.positionId, pair.personId),
        members.get(String(pair.personId)) ?? null,
      ),
    ),
  }));
}
