import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { reachOf } from '../../core/actor.ts';
import { Forbidden } from '../../core/errors.ts';
import { addDays, wallToInstant } from '../../core/time.ts';
import { AuditModel, recordAudit } from '../../db/audit.ts';
import type { AuditRow } from '../../db/audit.ts';
import { tenantAggregate } from '../../db/builders.ts';
import { afterCursor, pageOf, sortOf } from '../../db/pagination.ts';
import type { Page, SortKey } from '../../db/pagination.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';

export interface AuditFilter {
  readonly subjectType?: string | undefined;
  readonly subjectId?: string | undefined;
  /** `feature/verb`, or the feature alone. */
  readonly action?: string | undefined;
  /** Membership of whoever acted. */
  readonly membershipId?: string | undefined;
  /** Local dates of the tenant, both inclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** An entry and the name of whoever acted; null for sweeps, operators and people who are no members (any more). */
export interface NamedEntry {
  readonly row: AuditRow;
  readonly name: string | null;
}

const SORT: readonly SortKey[] = [
  ['at', -1],
  ['_id', -1],
];
/** Rows of one export: a spreadsheet still opens them. */
export const MOST_EXPORTED = 20_000;

export type AuditService = ReturnType<typeof createAuditService>;

/** Reading the audit trail of the own tenant; nothing here writes but the entry that says who took a copy. */
export function createAuditService({
  memberships,
  tenants,
}: {
  memberships: MembershipService;
  tenants: TenantService;
}) {
  /** Entries name no unit, so only who sees the whole tenant may read them. */
  function assertWhole(actor: AccountActor): void {
    if (reachOf(actor, 'audit:see') !== 'tenant') throw new Forbidden('audit-needs-whole');
  }

  async function filterOf(filter: AuditFilter): Promise<Record<string, unknown>> {
    const { zone } = await tenants.current();
    const midnight = (date: string): Date => wallToInstant({ date, minutes: 0, zone });
    const member = filter.membershipId ? await memberships.row(filter.membershipId) : null;
    const at = {
      ...(filter.from ? { $gte: midnight(filter.from) } : {}),
      ...(filter.to ? { $lt: midnight(addDays(filter.to, 1)) } : {}),
    };
    const action = filter.action ? await actionsOf(filter.action) : null;
    return {
      ...(filter.subjectType ? { subjectType: filter.subjectType } : {}),
      ...(filter.subjectId ? { subjectId: filter.subjectId } : {}),
      ...(action === null ? {} : { action }),
      ...(filter.membershipId ? { accountId: member?.accountId ?? new Types.ObjectId() } : {}),
      ...(Object.keys(at).length > 0 ? { at } : {}),
    };
  }

  /**
   * An action, or those of a feature that the trail knows: hopped over in the index, and a handful. Named one by one they
   * keep the list's order, which a range of names would not.
   */
  async function actionsOf(wanted: string): Promise<string | { $in: string[] }> {
    if (wanted.includes('/')) return wanted;
    const known = await AuditModel.distinct('action', {
      action: { $gte: `${wanted}/`, $lt: `${wanted}0` },
    } as never);
    return { $in: known as unknown as string[] };
  }

  async function named(rows: readonly AuditRow[]): Promise<NamedEntry[]> {
    const names = await memberships.namesOfAccounts(
      rows.flatMap((row) => (row.accountId ? [row.accountId] : [])),
    );
    return rows.map((row) => ({
      row,
      name: row.accountId ? (names.get(String(row.accountId)) ?? null) : null,
    }));
  }

  const find = async (filter: AuditFilter, limit: number, cursor: string | undefined): Promise<AuditRow[]> =>
    AuditModel.find({ $and: [await filterOf(filter), afterCursor(SORT, cursor)] } as never)
      .sort(sortOf(SORT))
      .limit(limit)
      .lean();

  /** A page's entries with the names of those who acted, in one read. */
  async function findNamed(
    filter: AuditFilter,
    limit: number,
    cursor: string | undefined,
  ): Promise<NamedEntry[]> {
    const [found] = await tenantAggregate<{
      entries: AuditRow[];
      members: { accountId: Types.ObjectId; personName: string }[];
    }>(AuditModel as unknown as Model<never>, [
      { $match: { $and: [await filterOf(filter), afterCursor(SORT, cursor)] } },
      { $sort: sortOf(SORT) },
      { $limit: limit },
      { $group: { _id: null, entries: { $push: '$$ROOT' }, accounts: { $addToSet: '$accountId' } } },
      // Of sweeps there is no account; members without one must not be met.
      { $set: { accounts: { $setDifference: ['$accounts', [null]] } } },
      {
        $lookup: {
          from: 'memberships',
          localField: 'accounts',
          foreignField: 'accountId',
          as: 'members',
          pipeline: [
            { $match: { accountId: { $type: 'objectId' } } },
            { $project: { _id: 0, accountId: 1, personName: 1 } },
          ],
        },
      },
      { $project: { _id: 0, entries: 1, members: 1 } },
    ]);
    if (!found) return [];
    const names = new Map(found.members.map(({ accountId, personName }) => [String(accountId), personName]));
    return found.entries.map((row) => ({
      row,
      name: row.accountId ? (names.get(String(row.accountId)) ?? null) : null,
    }));
  }

  return {
    /** @throws Forbidden for who sees part of the tenant only */
    assertWhole,

    /** Newest first. @throws Forbidden for who sees part of the tenant only */
    async list(
      actor: AccountActor,
      filter: AuditFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<Page<NamedEntry>> {
      assertWhole(actor);
      return pageOf(await findNamed(filter, limit + 1, cursor), limit, ({ row }) => [row.at, row._id]);
    },

    /** The newest entries for a file; that a copy was taken is an entry itself. */
    async export(actor: AccountActor, filter: AuditFilter): Promise<NamedEntry[]> {
      assertWhole(actor);
      const rows = await find(filter, MOST_EXPORTED, undefined);
      await recordAudit({
        action: 'audit/export',
        subjectType: 'AuditEntry',
        subjectId: 'many',
        facts: { entries: rows.length },
      });
      return named(rows);
    },
  };
}
