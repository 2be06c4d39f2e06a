import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { authorize } from '../../core/policy.ts';
import { hoursLifecycle } from '../../core/states.ts';
import { auditRow, writeAuditRows } from '../../db/audit.ts';
import type { AuditAction } from '../../db/audit-verbs.ts';
import { insertRows } from '../../db/insert.ts';
import { wayAlong } from '../../db/transition.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { AssignmentRow } from '../assignments/index.ts';
import { givesHours } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { canConfirm } from './hours.policy.ts';
import { CLAIMED_STATES, countedAround, countingSpan, servedRecord } from './hours.record.ts';
import type { Attended, ServedShiftFacts, Stretch } from './hours.record.ts';
import { emptyHead, headAfter } from './ledger.heads.ts';
import type { Head } from './ledger.heads.ts';
import { LedgerEntryModel } from './ledger.model.ts';
import type { LedgerEntryRow } from './ledger.model.ts';
import { post } from './ledger.rules.ts';
import { chainedEntry, factsOfRecord, postingOf } from './ledger.service.ts';

export interface ServedHoursParts {
  readonly units: UnitService;
  readonly tenants: TenantService;
  readonly shiftFacts: (shiftId: string) => Promise<ServedShiftFacts>;
}

type Claim = Pick<HoursRow, 'assignmentId' | 'state' | 'servedFrom' | 'servedTo'>;
type AuditedRow = ReturnType<typeof auditRow>;

/**
 * Service of the past, recorded by the thousand: what a seed writes into a database that nobody else uses yet. The rules,
 * the policy and the chain are those of one by one; the facts are read once and the rows inserted in bulk, without the
 * locks and without a message to anybody.
 */
export function createServedHours({ units, tenants, shiftFacts }: ServedHoursParts) {
  async function open(assignments: readonly Attended[], audits: AuditedRow[]): Promise<HoursRow[]> {
    const { locale, settings } = await tenants.current();
    const shifts = await gather(new Set(assignments.map((row) => String(row.shiftId))), shiftFacts);
    const unitRows = await gather(new Set(assignments.map((row) => String(row.unitId))), (id) =>
      units.get(id),
    );
    const claims = await claimsOf(assignments.map((row) => row.personId));
    const serving = assignments.filter(({ shiftId }) => givesHours(shifts.get(String(shiftId)) ?? {}));
    return serving.map((assignment) => {
      const shift = shifts.get(String(assignment.shiftId)) as ServedShiftFacts;
      const own = claims.get(String(assignment.personId)) ?? [];
      const span = countingSpan(shift);
      const counted = countedAround(
        own.filter((claim) => meets(claim, span)),
        shift.startsAt,
      );
      const row = {
        _id: new Types.ObjectId(),
        ...servedRecord(assignment, shift, {
          unitName: unitRows.get(String(assignment.unitId))?.name[locale] ?? '',
          policy: { ...settings, recordedCapMinutes: 0 },
          counted,
        }),
        state: 'submitted',
        version: 2,
        history: wayAlong(hoursLifecycle, null, ['open', 'submitted']),
        createdAt: contextNow(),
      } as unknown as HoursRow;
      if (row.recordedMinutes > 0) claims.set(String(assignment.personId), [...own, row]);
      audits.push(auditOf(row, 'hours/open', null, 'open'));
      audits.push(auditOf(row, 'hours/submit', 'open', 'submitted'));
      return row;
    });
  }

  /** The records as the confirmer leaves them, and the entries that this makes; what counts nothing goes on waiting. */
  async function confirm(actor: AccountActor, records: readonly HoursRow[], audits: AuditedRow[]) {
    const { zone } = await tenants.current();
    const heads = new Map<string, Head>();
    const entries: Omit<LedgerEntryRow, '_id' | 'tenantId'>[] = [];
    const after = records.map((row): HoursRow => {
      if (row.recordedMinutes <= 0) return row;
      authorize(canConfirm(actor, row));
      const outcome = post([], postingOf(row));
      if ('refusal' in outcome) throw new Error(`${String(row._id)}: ${outcome.refusal}`);
      for (const line of outcome.lines) {
        const before = heads.get(line.account) ?? emptyHead(line.account);
        const entry = chainedEntry(line, before, factsOfRecord(row, zone), null);
        entries.push(entry);
        heads.set(line.account, headAfter(entry));
      }
      audits.push(auditOf(row, 'hours/approve', 'submitted', 'approved'));
      audits.push(auditOf(row, 'hours/post', 'approved', 'posted'));
      return {
        ...row,
        state: 'posted',
        version: row.version + 2,
        history: [...row.history, ...wayAlong(hoursLifecycle, 'submitted', ['approved', 'posted'])],
        activity: { ...row.activity, leaderName: row.activity.leaderName || actor.name },
        confirmedBy: new Types.ObjectId(actor.accountId),
        confirmedByPersonId: new Types.ObjectId(actor.personId),
        postedAt: contextNow(),
      };
    });
    return { after, entries };
  }

  return {
    /**
     * Records these attended assignments of the current tenant; with a confirmer, also confirms and posts them.
     * @throws Error when there is a ledger already: its chains are begun here, not gone on with
     * @throws Forbidden when the confirmer may not confirm one of them
     */
    async recordServed(
      assignments: readonly AssignmentRow[],
      confirmer: AccountActor | null,
    ): Promise<readonly HoursRow[]> {
      if (confirmer && (await LedgerEntryModel.exists({})))
        throw new Error('Hours are recorded in bulk into an empty ledger only');
      const attended = assignments
        .filter((row): row is Attended => row.checkIn !== null && row.checkOut !== null)
        .sort(
          (a, b) => a.startsAt.getTime() - b.startsAt.getTime() || (String(a._id) < String(b._id) ? -1 : 1),
        );
      const audits: AuditedRow[] = [];
      const opened = await open(attended, audits);
      const { after, entries } = confirmer
        ? await asTenant(requireTenantId(), () => confirm(confirmer, opened, audits), confirmer)
        : { after: opened, entries: [] };
      await insertRows('HoursRecord', after);
      await insertRows('LedgerEntry', entries);
      await writeAuditRows(audits);
      return after;
    },
  };
}

const auditOf = (row: HoursRow, action: AuditAction, from: string | null, to: string): AuditedRow =>
  auditRow({ action, subjectType: HoursModel.modelName, subjectId: row._id, from, to });

const meets = (claim: Claim, { from, to }: Stretch): boolean =>
  claim.servedFrom < to && claim.servedTo > from;

/** What of these people's time is claimed already, in whatever tenant. */
async function claimsOf(personIds: readonly Types.ObjectId[]): Promise<Map<string, Claim[]>> {
  const rows = await acrossTenants('hours: a minute of a person counts once', () =>
    HoursModel.find({
      personId: { $in: [...personIds] },
      state: { $in: [...CLAIMED_STATES] },
      recordedMinutes: { $gt: 0 },
    } as never)
      .select({ personId: 1, assignmentId: 1, state: 1, servedFrom: 1, servedTo: 1 })
      .lean(),
  );
  return Map.groupBy(rows, (row) => String(row.personId));
}

/** Lookups made at once. */
const AT_ONCE = 12;

async function gather<T>(
  keys: ReadonlySet<string>,
  read: (key: string) => Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  const found = new Map<string, T>();
  const left = [...keys];
  while (left.length > 0) {
    const batch = left.splice(0, AT_ONCE);
    for (const [key, value] of await sideBySide(
      batch.map((one) => async () => [one, await read(one)] as const),
    ))
      found.set(key, value);
  }
  return found;
}
