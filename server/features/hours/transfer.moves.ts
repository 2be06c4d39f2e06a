import { Types } from 'mongoose';
import { asTenant, contextNow, requireTenantId } from '../../core/context.ts';
import { Conflict } from '../../core/errors.ts';
import { hoursLifecycle, transferLifecycle } from '../../core/states.ts';
import { recordAudit } from '../../db/audit.ts';
import { born, transition } from '../../db/transition.ts';
import type { MembershipRow } from '../memberships/index.ts';
import type { Tenant } from '../tenants/index.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { activityAccount, personAccount, shiftAccount, transferAccount } from './ledger.rules.ts';
import { factsOfRecord, postAllToLedger } from './ledger.service.ts';
import type { LedgerChange } from './ledger.service.ts';
import { TransferModel } from './transfer.model.ts';
import type { TransferRow } from './transfer.model.ts';

/** Records of one person that go along in one transaction: it stays short however many there are. */
export const PIECE = 100;
const staying = (personId: Types.ObjectId, except: readonly Types.ObjectId[] = []) =>
  ({
    personId,
    state: 'posted',
    recordedMinutes: { $gt: 0 },
    ...(except.length > 0 ? { _id: { $nin: [...except] } } : {}),
  }) as never;

/** Posted records of the person that have not left the current organisation. */
export const countStaying = (personId: Types.ObjectId): Promise<number> =>
  HoursModel.countDocuments(staying(personId)).exec();

/** The same as they are, without what is not asked. */
export const recordsStaying = (
  personId: Types.ObjectId,
): Promise<Pick<HoursRow, '_id' | 'servedFrom' | 'servedTo' | 'recordedMinutes' | 'confirmedByPersonId'>[]> =>
  HoursModel.find(staying(personId))
    .select({ servedFrom: 1, servedTo: 1, recordedMinutes: 1, confirmedByPersonId: 1 })
    .lean();

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

/** In the old organisation: the oldest posted records of the person, a piece of them, leave its account and say where to. */
export async function moveOut(
  personId: Types.ObjectId,
  to: NonNullable<HoursRow['movedTo']>,
  zone: string,
  except: readonly Types.ObjectId[] = [],
): Promise<HoursRow[]> {
  const records = await HoursModel.find(staying(personId, except))
    .sort({ servedFrom: 1, _id: 1 })
    .limit(PIECE)
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

/** Whether another organisation recorded and confirmed it, however many steps back. */
export const wasRecordedElsewhere = ({ origin, tenantId }: Pick<HoursRow, 'origin' | 'tenantId'>): boolean =>
  origin !== null && origin !== undefined && (origin.elsewhere === true || !origin.tenantId.equals(tenantId));

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
      personId: membership.personId,
      membershipId: membership._id,
      unitId: membership.unitId,
      assignmentId: null,
      shiftId: null,
      remindAt: null,
      createdAt: contextNow(),
      origin: {
        tenantId: record.tenantId,
        hoursId: record._id,
        transferId,
        recordedBy: record.origin?.recordedBy ?? from.name,
        ...(record.tenantId.equals(requireTenantId()) && wasRecordedElsewhere(record)
          ? { elsewhere: true }
          : {}),
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
 * @param onReversed told of each record that it became elsewhere, in that organisation, as something may rest on it there
 */
export async function reverseAlong(
  record: HoursRow,
  reason: string,
  zoneOf: (tenantId: string) => Promise<string>,
  onReversed: (record: HoursRow) => Promise<void>,
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
    await reverseAlong(after, reason, zoneOf, onReversed);
    await onReversed(after);
  });
}

/**
 * Notes in the context's own row what went, in the transaction that carried it; after the last piece it is done.
 * @throws Conflict when another process carried the same piece
 */
export async function noteMoved(row: TransferRow, moved: readonly HoursRow[]): Promise<TransferRow> {
  const $inc = sumOf(moved);
  if (moved.length < PIECE)
    return transition(TransferModel, row._id, {
      lifecycle: transferLifecycle,
      from: ['moving'],
      to: 'done',
      action: 'hours/transfer',
      update: { $inc },
    });
  // Written whatever was moved: two who carry the same piece meet here.
  const after = await TransferModel.findOneAndUpdate(
    { _id: row._id, state: 'moving', records: row.records } as never,
    { $inc } as never,
    { returnDocument: 'after' },
  ).lean();
  if (!after) throw new Conflict('wrong-state');
  return after;
}

const sumOf = (records: readonly HoursRow[]) => ({
  records: records.length,
  minutes: records.reduce((sum, { recordedMinutes }) => sum + recordedMinutes, 0),
});
