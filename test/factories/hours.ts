import { Types } from 'mongoose';
import type { HistoryEntry } from '../../server/db/transition.ts';
import { inTransaction } from '../../server/db/transaction.ts';
import { AssignmentModel } from '../../server/features/assignments/assignment.model.ts';
import { HoursModel } from '../../server/features/hours/hours.model.ts';
import type { HoursRow } from '../../server/features/hours/hours.model.ts';
import { factsOfRecord, postAllToLedger, postingOf } from '../../server/features/hours/ledger.service.ts';
import { bookPersonDays } from '../../server/features/people/index.ts';
import type { Tenant } from '../../server/features/tenants/index.ts';
import { testApp } from '../support/app.ts';
import { inTenant } from './people.ts';
import type { Member } from './people.ts';
import { createPosition, createShift } from './requests.ts';

const HOUR = 3_600_000;

export interface Served {
  /** Planned times; two hours from `hoursAgo` before now unless given. */
  readonly startsAt?: Date;
  readonly endsAt?: Date;
  readonly hoursAgo?: number;
  /** Attended times; five minutes early and one minute late unless given. */
  readonly cameAt?: Date;
  readonly leftAt?: Date;
  readonly left?: 'code' | 'coordinator' | 'automatic';
  /** The coordinator who noted the coming; by a code unless given. */
  readonly seenBy?: Member;
  /** Who opened the kiosk at which the person came. */
  readonly kioskOf?: Member;
  readonly unitId?: string;
  readonly title?: string;
}

/** A shift that is over, served by the member; what a check-out starts has happened. @returns the id of the hours record */
export async function createServed(tenant: Tenant, member: Member, served: Served = {}): Promise<string> {
  const { assignments, hours } = (await testApp()).composed.services;
  const assignmentId = await createAttended(tenant, member, served);
  return inTenant(tenant.id, async () => {
    const row = await assignments.row(assignmentId);
    if (row) await hours.openFromAssignment(row);
    const record = await HoursModel.findOne({ assignmentId: new Types.ObjectId(assignmentId) }).lean();
    if (!record) throw new Error('No record');
    return String(record._id);
  });
}

/** The same before anything of it was recorded. @returns the id of the checked out assignment */
export async function createAttended(tenant: Tenant, member: Member, served: Served = {}): Promise<string> {
  const { composed } = await testApp();
  const startsAt = served.startsAt ?? new Date(Date.now() - (served.hoursAgo ?? 5) * HOUR);
  const endsAt = served.endsAt ?? new Date(startsAt.getTime() + 2 * HOUR);
  const unit = served.unitId ? { unitId: served.unitId } : {};
  const named = served.title ? { title: served.title } : {};
  const shiftId = await createShift(tenant, { state: 'ended', startsAt, endsAt, ...unit, ...named });
  const positionId = await createPosition(tenant, { shiftId, taken: 1 });
  const assignmentId = new Types.ObjectId();
  const by = new Types.ObjectId(member.accountId);
  return inTenant(tenant.id, () =>
    inTransaction(async () => {
      const shift = await composed.services.shifts.row(shiftId);
      await AssignmentModel.create([
        {
          _id: assignmentId,
          state: 'checked_out',
          version: 3,
          history: lived(by, startsAt),
          requestId: shift.requestId,
          shiftId: shift._id,
          positionId: new Types.ObjectId(positionId),
          unitId: shift.unitId,
          personId: new Types.ObjectId(member.personId),
          membershipId: new Types.ObjectId(member.membershipId),
          personName: member.name,
          startsAt,
          endsAt,
          checkIn: {
            at: served.cameAt ?? new Date(startsAt.getTime() - 300_000),
            method: served.seenBy ? 'coordinator' : served.kioskOf ? 'kiosk' : 'code',
            by: new Types.ObjectId((served.seenBy ?? served.kioskOf ?? member).accountId),
          },
          checkOut: {
            at: served.leftAt ?? new Date(endsAt.getTime() + 60_000),
            method: served.left ?? 'code',
            by,
          },
          createdAt: startsAt,
        } as never,
      ]);
      await bookPersonDays(member.personId, {
        assignmentId,
        tenantId: new Types.ObjectId(tenant.id),
        startsAt,
        endsAt,
      });
      return String(assignmentId);
    }),
  );
}

/** As if the person had signed up, come and gone by themselves. */
const lived = (accountId: Types.ObjectId, at: Date): HistoryEntry[] =>
  ['accepted', 'checked_in', 'checked_out'].map((to, index, way) => ({
    at,
    from: way[index - 1] ?? null,
    to,
    actor: `account:${String(accountId)}`,
    accountId,
    reason: null,
  }));

/** The record as it is stored. */
export async function storedHours(tenant: Tenant, id: string): Promise<HoursRow> {
  const row = await inTenant(tenant.id, () => HoursModel.findById(id).lean());
  if (!row) throw new Error('No such record');
  return row;
}

/** The same service of a posted record on so many days before, each posted like the first. */
export async function repeatPosted(tenant: Tenant, id: string, times: number): Promise<void> {
  const first = await storedHours(tenant, id);
  const rows = Array.from({ length: times }, (_none, at): HoursRow => {
    const earlier = (value: unknown): unknown =>
      value instanceof Date
        ? new Date(value.getTime() - (at + 1) * 24 * HOUR)
        : value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype
          ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, earlier(inner)]))
          : value;
    const { activity, inputs, attendedFrom, attendedTo, servedFrom, servedTo } = first;
    return {
      ...first,
      ...(earlier({ activity, inputs, attendedFrom, attendedTo, servedFrom, servedTo }) as object),
      _id: new Types.ObjectId(),
      assignmentId: null,
      shiftId: null,
    };
  });
  await inTenant(tenant.id, () =>
    inTransaction(async () => {
      await HoursModel.insertMany(rows);
      await postAllToLedger(
        rows.map((row) => ({ command: postingOf(row), facts: factsOfRecord(row, tenant.zone) })),
      );
    }),
  );
}
