import { Types } from 'mongoose';
import type { Humans } from '../../core/humans.ts';
import { ROLE_PERMISSIONS, ROLES } from '../../core/permissions.ts';
import type { Permission, Role } from '../../core/permissions.ts';
import { MembershipModel } from './membership.model.ts';
import type { Grant, MembershipRow } from './membership.model.ts';

/** One right that somebody holds: since when, and the people through whom it came, nearest first; none for the operator's. */
export interface Authority {
  readonly grantedAt: Date;
  readonly granters: readonly string[];
}

/** A chain longer than this is cut: the people in it are enough to say that it is not independent. */
const LONGEST_CHAIN = 12;

const rolesWith = (permission: Permission): Role[] =>
  ROLES.filter((role) => (ROLE_PERMISSIONS[role] as readonly string[]).includes(permission));

const gives = (grant: Pick<Grant, 'role'>, permission: Permission): boolean =>
  (ROLE_PERMISSIONS[grant.role] as readonly string[]).includes(permission);

/** Whether the grant gives the permission over the unit; `path` is the unit and all above it. */
export const givesOver = (
  grant: Pick<Grant, 'role' | 'unitId'>,
  permission: Permission,
  path: readonly Types.ObjectId[],
): boolean => gives(grant, permission) && path.some((unit) => String(unit) === String(grant.unitId));

/**
 * Every grant by which the person holds the permission in the current tenant (over the unit whose `path` is given, else anywhere), with everybody in whose power it stands:
 * who gave it, who gave that person the right to give, and so on (S-10: "a grant that came from somebody else").
 */
export async function authoritiesOf(
  personId: string,
  permission: Permission,
  path?: readonly Types.ObjectId[],
): Promise<Authority[]> {
  const above = path ? new Set(path.map(String)) : null;
  const rows = await MembershipModel.find({ personId: new Types.ObjectId(personId), state: 'approved' })
    .select({ grants: 1 })
    .lean();
  const grants = rows.flatMap((row) =>
    row.grants.filter(
      (grant) => gives(grant, permission) && (above === null || above.has(String(grant.unitId))),
    ),
  );
  const found: Authority[] = [];
  for (const grant of grants)
    found.push({ grantedAt: grant.grantedAt, granters: await chainAbove(grant.grantedBy) });
  return found;
}

/** The people above, nearest first. */
async function chainAbove(from: Types.ObjectId | null): Promise<string[]> {
  const people: string[] = [];
  let accounts = from ? [from] : [];
  const seen = new Set<string>();
  while (accounts.length > 0 && people.length < LONGEST_CHAIN) {
    for (const account of accounts) seen.add(String(account));
    const rows: Pick<MembershipRow, 'personId' | 'grants'>[] = await MembershipModel.find({
      accountId: { $in: accounts },
    })
      .select({ personId: 1, grants: 1 })
      .sort({ _id: 1 })
      .lean();
    for (const row of rows) if (!people.includes(String(row.personId))) people.push(String(row.personId));
    accounts = rows
      .flatMap((row) => row.grants.filter((grant) => gives(grant, 'roles:grant')))
      .flatMap((grant) => (grant.grantedBy && !seen.has(String(grant.grantedBy)) ? [grant.grantedBy] : []));
  }
  return people;
}

/**
 * Whether the person holds the permission over the unit by a grant in which the other had no hand, however many steps it went
 * (S-10): nobody decides on somebody by that person's leave. `path` is the unit and all above it; humans are compared.
 */
export async function holdsApartFrom(
  personId: string,
  permission: Permission,
  by: { readonly path: readonly Types.ObjectId[]; readonly other: string; readonly humans: Humans },
): Promise<boolean> {
  for (const { granters } of await authoritiesOf(personId, permission, by.path))
    if (!(await by.humans.isSame(by.other, { personIds: granters }))) return true;
  return false;
}

/** Which of these people hold the permission over the unit in the current tenant; `path` is the unit and all above it. */
export async function holdersAmong(
  personIds: readonly string[],
  permission: Permission,
  path: readonly Types.ObjectId[],
): Promise<string[]> {
  const above = new Set(path.map(String));
  const rows = await MembershipModel.find({
    personId: { $in: personIds.map((one) => new Types.ObjectId(one)) },
    state: 'approved',
  })
    .select({ personId: 1, grants: 1 })
    .lean();
  return rows
    .filter((row) => row.grants.some((grant) => gives(grant, permission) && above.has(String(grant.unitId))))
    .map((row) => String(row.personId));
}

/** Whether whoever signs in with the account holds the permission over the unit now; `path` is the unit and all above it. */
export async function accountHolds(
  accountId: string | Types.ObjectId,
  permission: Permission,
  path: readonly Types.ObjectId[],
): Promise<boolean> {
  const row = await MembershipModel.findOne({ accountId: new Types.ObjectId(accountId), state: 'approved' })
    .select({ grants: 1 })
    .lean();
  return row?.grants.some((grant) => givesOver(grant, permission, path)) ?? false;
}

/**
 * Members who hold the permission anywhere in the current tenant, oldest membership first, with their names.
 * @param among only these people; everybody when left out
 */
export async function holdersAnywhere(
  permission: Permission,
  limit: number,
  among?: readonly string[],
): Promise<Pick<MembershipRow, 'personId' | 'personName'>[]> {
  return MembershipModel.find({
    'grants.unitId': { $type: 'objectId' },
    'grants.role': { $in: rolesWith(permission) },
    state: 'approved',
    ...(among ? { personId: { $in: among.map((one) => new Types.ObjectId(one)) } } : {}),
  })
    .select({ personId: 1, personName: 1 })
    .sort({ _id: 1 })
    .limit(limit)
    .lean();
}

/** Members who hold the permission over the unit, oldest membership first; `path` is the unit and all above it. */
export async function holdersOf(
  permission: Permission,
  path: readonly Types.ObjectId[],
  limit: number,
): Promise<Pick<MembershipRow, 'accountId' | 'personId'>[]> {
  const on = { $in: [...path] };
  return MembershipModel.find({
    // Beside the one below it, for the index: a role that counts may stand on another unit than the one that is asked about.
    'grants.unitId': on,
    grants: { $elemMatch: { unitId: on, role: { $in: rolesWith(permission) } } },
    state: 'approved',
  })
    .select({ accountId: 1, personId: 1 })
    .sort({ _id: 1 })
    .limit(limit)
    .lean();
}
