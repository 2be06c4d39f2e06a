import type { Role } from '../../core/permissions.ts';
import type { ListedMembership, MembershipKind } from './membership.model.ts';

export interface Membership {
  readonly id: string;
  readonly version: number;
  readonly personId: string;
  readonly personName: string;
  readonly unitId: string;
  readonly kind: MembershipKind;
  readonly state: string;
  readonly motivation: string;
  readonly notes: string;
  readonly grants: readonly { role: Role; unitId: string; grantedAt: string }[];
  readonly verifiedSkills: readonly { code: string; level: number }[];
  readonly history: readonly { at: string; from: string | null; to: string; reason: string | null }[];
  /** The account whose invitation the person followed. */
  readonly invitedBy: string | null;
  readonly createdAt: string;
}

export const toMembership = (row: ListedMembership): Membership => ({
  id: String(row._id),
  version: row.version,
  personId: String(row.personId),
  personName: row.personName,
  unitId: String(row.unitId),
  kind: row.kind,
  state: row.state,
  motivation: row.motivation,
  notes: row.notes,
  grants: row.grants.map((grant) => ({
    role: grant.role,
    unitId: String(grant.unitId),
    grantedAt: grant.grantedAt.toISOString(),
  })),
  verifiedSkills: row.verifiedSkills.map(({ code, level }) => ({ code, level })),
  history: row.history.map(({ at, from, to, reason }) => ({ at: at.toISOString(), from, to, reason })),
  invitedBy: row.invitedBy ? String(row.invitedBy) : null,
  createdAt: row.createdAt.toISOString(),
});
