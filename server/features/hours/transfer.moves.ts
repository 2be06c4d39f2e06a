import { Types } from 'mongoose';
import { asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { hoursLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { born, transition } from '../../db/transition.ts';
import type { MembershipRow } from '../memberships/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { activityAccount, personAccount, shiftAccount, transferAccount } from './ledger.rules.ts';
import { factsOfRecord, postAllToLedger } from './ledger.service.ts';
import type { LedgerChange } from './ledger.service.ts';

/** Records of one person that may go along at once; who has more takes the rest along after that. */
export const MOST_RECORDS = 1_000;

/** What the posted minutes of a record stand against. */
const sourceOf = (record: HoursRow): string =>
  record.origin
    ? transferAccount(String(record.origin.transferId))
    : record.shiftId
      ? shiftAccount(String(record.shiftId))
      : activityAccount(String(record._id));
/** Where its minutes are now. */
const holderOf = (record: HoursRow): string =>
  record.movedTo
    ? transferAccount(String(record.movedTo.transferId))
    : personAccount(String(record.personId));

const moveOf = (
  record: HoursRow,
  zone: string,
  move: { what: string; from: string; to: string; cause: 'transfer' | 'reversal'; reason?: string },
): LedgerChange => ({
  command: {
    kind: 'move',
    cause: move.cause,
    what: move.what,
    recordId: String(record._id),
    from: move.from,
    to: move.to,
    minutes: record.recordedMinutes,
  },
  facts: factsOfRecord(record, zone),
  reason: move.reason ?? null,
});

/** In the old organisation: every posted record of the person leaves its account, and says where to. */
export async function moveOut(
  personId: Types.ObjectId,
  to: { readonly tenantId: Types.ObjectId; readonly transferId: Types.ObjectId },
  zone: string,
): Promise<HoursRow[]> {
  const records = await HoursModel.find({ personId, state: 'posted', recordedMinutes: { $gt: 0 } } as never)
    .sort({ servedFrom: 1, _id: 1 })
    .limit(MOST_RECORDS)
    .lean();
  for (const record of records)
    await transition(HoursModel, record._id, {
      lifecycle: hoursLifecycle,
      from: ['posted'],
      to: 'moved',
      action: 'hours/move-out',
      set: { movedTo: to },
      facts: { to: String(to.tenantId) },
    });
  await postAllToLedger(
    records.map((record) =>
      moveOf(record, zone, {
        what: 'transfer-out',
        cause: 'transfer',
        from: personAccount(String(record.personId)),
        to: transferAccount(String(to.transferId)),
      }),
    ),
  );
  return records;
}

/** In the new organisation: the same service as a record of its own that says where it was recorded. */
export async function moveIn(
  records: readonly HoursRow[],
  from: Tenant,
  transferId: Types.ObjectId,
  membership: MembershipRow,
  zone: string,
): Promise<void> {
  const rows = records.map((record) => {
    const { tenantId: _old, movedTo: _moved, ...kept } = record;
    return {
      ...kept,
      _id: new Types.ObjectId(),
      ...born('posted'),
      membershipId: membership._id,
      unitId: membership.unitId,
      assignmentId: null,
      shiftId: null,
      remindAt: null,
      postedAt: contextNow(),
      createdAt: contextNow(),
      origin: {
        tenantId: record.tenantId,
        hoursId: record._id,
        transferId,
        recordedBy: record.origin?.recordedBy ?? from.name,
      },
    };
  });
  await HoursModel.create(rows as never, { ordered: true });
  for (const row of rows)
    await recordAudit({
      action: 'hours/move-in',
      subjectType: 'HoursRecord',
      subjectId: row._id,
      to: 'posted',
      facts: { from: from.id },
    });
  await postAllToLedger(
    rows.map((row) =>
      moveOf(row as unknown as HoursRow, zone, {
        what: 'transfer-in',
        cause: 'transfer',
        from: transferAccount(String(transferId)),
        to: personAccount(String(row.personId)),
      }),
    ),
  );
}

/**
 * Takes back a record that went along, where it is now, and everywhere it went before: the minutes go from wherever they are to
 * where they came from. Called in the record's organisation, in the transaction that reversed it.
 */
export async function reverseAlong(
  record: HoursRow,
  reason: string,
  zoneOf: (tenantId: string) => Promise<string>,
): Promise<void> {
  const change = moveOf(record, await zoneOf(requireTenantId()), {
    what: 'reversal',
    cause: 'reversal',
    from: holderOf(record),
    to: sourceOf(record),
    reason,
  });
  await postAllToLedger([change]);
  if (!record.movedTo) return;
  await asTenant(String(record.movedTo.tenantId), async () => {
    const copy = await HoursModel.findOne({ 'origin.hoursId': record._id } as never).lean();
    if (!copy) throw new Error(`${String(record._id)} was moved to nowhere`);
    const after = await transition(HoursModel, copy._id, {
      lifecycle: hoursLifecycle,
      from: ['posted', 'moved'],
      to: 'reversed',
      reason,
      action: 'hours/reverse',
    });
    await reverseAlong(after, reason, zoneOf);
  });
}
