import { createHmac } from 'node:crypto';
import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import type { AssignmentRow, AssignmentService, AttendanceMark } from '../assignments/index.ts';
import type { ShiftRow, ShiftService } from '../shifts/index.ts';
import { mayStart } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import {
  acceptedSteps,
  CODE_STEP_SECONDS,
  codeFrom,
  codeStep,
  normaliseCheckInCode,
  whyNotCheckIn,
  whyNotCheckOut,
} from './attendance.rules.ts';

/** Told in the transaction that closes an attendance. */
export type CheckedOut = (assignment: AssignmentRow) => Promise<void>;

export interface AttendanceParts {
  readonly assignments: AssignmentService;
  readonly shifts: ShiftService;
  readonly tenants: TenantService;
  /** Key of the rotating codes. */
  readonly codeKey: Buffer;
}

export type AttendanceService = ReturnType<typeof createAttendanceService>;

export function createAttendanceService({ assignments, shifts, tenants, codeKey }: AttendanceParts) {
  const listeners: CheckedOut[] = [];
  const codeAt = (shiftId: unknown, step: number): string =>
    codeFrom(
      createHmac('sha256', codeKey)
        .update(`${String(shiftId)}:${step}`)
        .digest(),
    );
  const mark = (method: AttendanceMark['method'], by: string | null, at = contextNow()): AttendanceMark => ({
    at,
    method,
    by: by ? new Types.ObjectId(by) : null,
  });

  async function checkIn(
    row: AssignmentRow,
    shift: ShiftRow,
    method: AttendanceMark['method'],
    by: string,
  ): Promise<AssignmentRow> {
    const { settings } = await tenants.current();
    const early = whyNotCheckIn({
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
      now: contextNow(),
      earlyMinutes: settings.checkInEarlyMinutes,
    });
    if (early) throw new Conflict(early);
    if (!['published', 'locked', 'running'].includes(shift.state))
      throw new Conflict('wrong-state', { state: shift.state });
    // nobody starts a risky task uninsured.
    if (!mayStart(shift)) throw new Conflict('insurance-missing');
    return assignments.move(row, {
      from: ['accepted', 'confirmed'],
      to: 'checked_in',
      action: 'attendance/check-in',
      set: { checkIn: mark(method, by) },
    });
  }

  async function checkOut(
    row: AssignmentRow,
    shift: ShiftRow,
    method: AttendanceMark['method'],
    by: string | null,
    at = contextNow(),
  ): Promise<AssignmentRow> {
    if (method !== 'automatic') {
      const late = whyNotCheckOut({ endsAt: shift.endsAt, now: contextNow() });
      if (late) throw new Conflict(late);
    }
    const after = await assignments.move(row, {
      from: ['checked_in'],
      to: 'checked_out',
      action: 'attendance/check-out',
      set: { checkOut: mark(method, by, at) },
    });
    for (const listener of listeners) await listener(after);
    return after;
  }

  async function own(actor: AccountActor, id: string): Promise<AssignmentRow> {
    const row = await assignments.access(actor, id);
    if (String(row.personId) !== actor.personId) throw new Forbidden('only-the-person');
    return row;
  }

  async function run(actor: Actor, id: string): Promise<{ row: AssignmentRow; shift: ShiftRow }> {
    const row = await assignments.access(actor, id);
    if (!can(actor, 'attendance:run', String(row.unitId))) throw new Forbidden('not-permitted');
    return { row, shift: await shifts.row(row.shiftId) };
  }

  /** @throws Conflict unless the code is this shift's and of now or the step before */
  function assertCode(shift: ShiftRow, typed: string): void {
    const code = normaliseCheckInCode(typed);
    if (!acceptedSteps(contextNow()).some((step) => codeAt(shift._id, step) === code))
      throw new Conflict('code-not-valid');
  }

  return {
    onCheckedOut: (listener: CheckedOut): void => void listeners.push(listener),

    /** The code to show on the coordinator's screen now, and for how many seconds. */
    async currentCode(
      actor: Actor,
      shiftId: string,
    ): Promise<{ code: string; secondsLeft: number; shift: ShiftRow }> {
      const shift = await shifts.access(actor, shiftId, 'attendance:run');
      const at = contextNow();
      return {
        code: codeAt(shift._id, codeStep(at)),
        secondsLeft: CODE_STEP_SECONDS - (Math.floor(at.getTime() / 1000) % CODE_STEP_SECONDS),
        shift,
      };
    },

    /**
     * The volunteer types or scans a code: in when expected, out when in. Which shift is meant follows from the person's
     * own places today; a code of another shift opens nothing.
     */
    async useCode(
      actor: AccountActor,
      typed: string,
    ): Promise<{ row: AssignmentRow; did: 'checked-in' | 'checked-out' }> {
      const today = (await assignments.upcoming(actor.personId, 20)).concat(
        await assignments.recentlyOver(actor.personId),
      );
      const open = today.filter((row) => ['accepted', 'confirmed', 'checked_in'].includes(row.state));
      if (open.length === 0) throw new Conflict('nothing-to-check-in');
      const code = normaliseCheckInCode(typed);
      const steps = acceptedSteps(contextNow());
      const row = open.find((one) => steps.some((step) => codeAt(one.shiftId, step) === code));
      if (!row) throw new Conflict('code-not-valid');
      const shift = await shifts.row(row.shiftId);
      if (row.state === 'checked_in')
        return { row: await checkOut(row, shift, 'code', actor.accountId), did: 'checked-out' };
      return { row: await checkIn(row, shift, 'code', actor.accountId), did: 'checked-in' };
    },

    async checkInOwn(actor: AccountActor, id: string, code: string): Promise<AssignmentRow> {
      const row = await own(actor, id);
      const shift = await shifts.row(row.shiftId);
      assertCode(shift, code);
      return checkIn(row, shift, 'code', actor.accountId);
    },
    async checkOutOwn(actor: AccountActor, id: string, code: string): Promise<AssignmentRow> {
      const row = await own(actor, id);
      const shift = await shifts.row(row.shiftId);
      assertCode(shift, code);
      return checkOut(row, shift, 'code', actor.accountId);
    },

    /** The coordinator's list: somebody came, left, did not come, is excused. Nobody runs the list for themselves. */
    async mark(
      actor: AccountActor,
      id: string,
      what: 'check-in' | 'check-out' | 'no-show' | 'excused',
      reason: string,
    ): Promise<AssignmentRow> {
      const { row, shift } = await run(actor, id);
      if (String(row.personId) === actor.personId) throw new Forbidden('not-your-own');
      switch (what) {
        case 'check-in':
          return checkIn(row, shift, 'coordinator', actor.accountId);
        case 'check-out':
          return checkOut(row, shift, 'coordinator', actor.accountId);
        case 'no-show':
          if (shift.startsAt > contextNow()) throw new Conflict('shift-not-started');
          return assignments.move(row, {
            from: ['accepted', 'confirmed'],
            to: 'no_show',
            action: 'attendance/no-show',
            reason,
          });
        case 'excused':
          return assignments.move(row, {
            from: ['accepted', 'confirmed', 'no_show'],
            to: 'excused',
            action: 'attendance/excuse',
            reason,
          });
      }
    },

    /** For the sweep: a forgotten check-out is closed at the planned end and marked, whoever never came is a no-show. */
    async close(id: string): Promise<void> {
      const row = await assignments.row(id);
      if (!row) throw new NotFound();
      const shift = await shifts.row(row.shiftId);
      if (row.state === 'checked_in') await checkOut(row, shift, 'automatic', null, shift.endsAt);
      else if (['accepted', 'confirmed'].includes(row.state)) {
        await assignments.move(row, {
          from: ['accepted', 'confirmed'],
          to: 'no_show',
          action: 'attendance/no-show',
          reason: 'never-checked-in',
        });
      }
    },
  };
}
