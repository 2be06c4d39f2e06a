import { createHmac, createSecretKey } from 'node:crypto';
import { Types } from 'mongoose';
import type { AccountActor, Actor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { Conflict, Forbidden, NotFound } from '../../core/errors.ts';
import type { Humans } from '../../core/humans.ts';
import { distanceMetres, latLngOf } from '../../core/geo.ts';
import { exactly } from '../../db/fields.ts';
import type {
  AssignmentRow,
  AssignmentService,
  AttendanceMark,
  LeavingReason,
} from '../assignments/index.ts';
import { NEVER_CAME } from '../assignments/index.ts';
import { hasConsent } from '../people/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { Nature, ShiftRow, ShiftService } from '../shifts/index.ts';
import { mayStart, natureOf } from '../shifts/index.ts';
import type { TenantService } from '../tenants/index.ts';
import {
  acceptedSteps,
  CODE_STEP_SECONDS,
  codeFrom,
  codeStep,
  instantOf,
  keptSteps,
  normaliseCheckInCode,
  orderOfCodes,
  stepStart,
  whyNotCheckIn,
  whyNotCheckOut,
} from './attendance.rules.ts';

/** A counter in the database. `count` throws TooMany when there were too many lately. */
export interface Misses {
  count(key: string): Promise<void>;
  takeBack(key: string): Promise<void>;
}

/** Told in the transaction that closes an attendance. */
export type CheckedOut = (assignment: AssignmentRow) => Promise<void>;

export interface AttendanceParts {
  readonly assignments: AssignmentService;
  readonly humans: Humans;
  readonly people: PeopleService;
  readonly shifts: ShiftService;
  readonly tenants: TenantService;
  /** Counts wrong codes of one person, over all processes. */
  readonly misses: Misses;
  /** Key of the rotating codes. */
  readonly codeKey: Buffer;
}

/** Where a phone says it is; measured against the place and forgotten. */
export interface SeenAt {
  readonly latitude: number;
  readonly longitude: number;
}

/** So long after coming, the same person at the kiosk has only pressed twice. */
const KIOSK_PAUSE_MS = 60_000;

const latest = (a: Date, b: Date | undefined): Date => (b && b > a ? b : a);

export type AttendanceService = ReturnType<typeof createAttendanceService>;

export function createAttendanceService({
  assignments,
  humans,
  people,
  shifts,
  tenants,
  misses,
  codeKey,
}: AttendanceParts) {
  const listeners: CheckedOut[] = [];
  // Made into a key once: doing that costs more than the code.
  const secret = createSecretKey(codeKey);
  const codeAt = (shiftId: unknown, step: number): string =>
    codeFrom(
      createHmac('sha256', secret)
        .update(`${String(shiftId)}:${step}`)
        .digest(),
    );
  const mark = (
    method: AttendanceMark['method'],
    by: string | null,
    more: Partial<AttendanceMark> = {},
  ): AttendanceMark => ({
    at: contextNow(),
    method,
    by: by ? new Types.ObjectId(by) : null,
    ...more,
  });

  async function checkIn(row: AssignmentRow, shift: ShiftRow, made: AttendanceMark): Promise<AssignmentRow> {
    const { settings } = await tenants.current();
    const early = whyNotCheckIn({
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
      now: made.at,
      earlyMinutes: settings.checkInEarlyMinutes,
    });
    if (early) throw new Conflict(early);
    // A code that was kept on a phone may arrive when the shift is over.
    const open = made.lateMinutes
      ? ['published', 'locked', 'running', 'ended']
      : ['published', 'locked', 'running'];
    if (!open.includes(shift.state)) throw new Conflict('wrong-state', { state: shift.state });
    // nobody starts a risky task uninsured.
    if (!mayStart(shift)) throw new Conflict('insurance-missing');
    return assignments.move(row, {
      from: ['accepted', 'confirmed'],
      to: 'checked_in',
      action: 'attendance/check-in',
      set: { checkIn: made },
    });
  }

  async function checkOut(
    row: AssignmentRow,
    shift: ShiftRow,
    made: AttendanceMark,
    { why, ...more }: { readonly checkIn?: AttendanceMark; readonly why?: LeavingReason } = {},
  ): Promise<AssignmentRow> {
    if (made.method !== 'automatic') {
      const late = whyNotCheckOut({ endsAt: shift.endsAt, now: made.at });
      if (late) throw new Conflict(late);
    }
    if (row.checkIn && made.at < row.checkIn.at) throw new Conflict('code-not-valid');
    const after = await assignments.move(row, {
      from: ['checked_in'],
      to: 'checked_out',
      action: 'attendance/check-out',
      set: { ...more, checkOut: made },
      ...(why ? { reason: why } : {}),
    });
    for (const listener of listeners) await listener(after);
    return after;
  }

  /**
   * Of two codes that were kept on two phones the later one came first: what let the person in is their going, and what comes now
   * their coming. Both were read at the place; no minute is won that a code does not prove.
   */
  async function turnRound(
    row: AssignmentRow,
    shift: ShiftRow,
    coming: AttendanceMark,
    step: number,
  ): Promise<AssignmentRow> {
    const { checkIn } = row;
    if (!checkIn) throw new Conflict('code-not-valid');
    const going = checkIn.lateMinutes ? { ...checkIn, at: stepStart(step) } : checkIn;
    return checkOut({ ...row, checkIn: coming }, shift, going, { checkIn: coming });
  }

  /** In when expected, out when in. @throws Conflict `code-used` when the code that let somebody in should let them out */
  async function pass(
    row: AssignmentRow,
    shift: ShiftRow,
    step: number,
    { actor, at }: { actor: AccountActor; at: SeenAt | null },
  ): Promise<{ row: AssignmentRow; did: 'checked-in' | 'checked-out'; nature: Nature }> {
    const going = row.state === 'checked_in';
    const order = going ? orderOfCodes(row.checkIn?.step ?? null, step) : 'later';
    if (order === 'same') throw new Conflict('code-used');
    const now = contextNow();
    const instant = instantOf(step, now, going && order === 'later');
    const lateMinutes = instant < now ? Math.floor((now.getTime() - instant.getTime()) / 60_000) : 0;
    const made = mark('code', actor.accountId, {
      at: instant,
      step,
      lateMinutes: lateMinutes > 0 ? lateMinutes : null,
      distanceMetres: await distanceOf(actor, shift, at),
    });
    const nature = natureOf(shift);
    if (order === 'earlier' && row.checkIn?.step != null)
      return { row: await turnRound(row, shift, made, row.checkIn.step), did: 'checked-out', nature };
    return going
      ? { row: await checkOut(row, shift, made), did: 'checked-out', nature }
      : { row: await checkIn(row, shift, made), did: 'checked-in', nature };
  }

  /** Only of whom agreed to be measured, and only how far. */
  async function distanceOf(actor: AccountActor, shift: ShiftRow, at: SeenAt | null): Promise<number | null> {
    const place = exactly(shift.place);
    if (!at || !place) return null;
    const person = await people.row(actor.personId);
    return hasConsent(person, 'location') ? distanceMetres(at, latLngOf(place)) : null;
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

  /** The step of which the code is this shift's: now or the one before. @throws Conflict */
  function stepOf(shift: ShiftRow, typed: string): number {
    const code = normaliseCheckInCode(typed);
    const step = acceptedSteps(contextNow()).find((one) => codeAt(shift._id, one) === code);
    if (step === undefined) throw new Conflict('code-not-valid');
    return step;
  }

  /** The same of a code that was kept: any minute of the shift until now. */
  async function keptStepOf(shift: ShiftRow, code: string): Promise<number | undefined> {
    const { settings } = await tenants.current();
    return keptSteps({
      startsAt: shift.startsAt,
      endsAt: shift.endsAt,
      now: contextNow(),
      earlyMinutes: settings.checkInEarlyMinutes,
    }).find((step) => codeAt(shift._id, step) === code);
  }

  /** At which of these places the code was read, and in which minute. @throws Conflict */
  async function placeOf(
    open: readonly AssignmentRow[],
    code: string,
    kept: boolean,
  ): Promise<{ row: AssignmentRow; shift: ShiftRow; step: number }> {
    const steps = acceptedSteps(contextNow());
    for (const row of open) {
      const step = steps.find((one) => codeAt(row.shiftId, one) === code);
      if (step !== undefined) return { row, shift: await shifts.row(row.shiftId), step };
    }
    for (const row of kept ? open : []) {
      const shift = await shifts.row(row.shiftId);
      const step = await keptStepOf(shift, code);
      if (step !== undefined) return { row, shift, step };
    }
    throw new Conflict('code-not-valid');
  }

  /** Counted before the code is looked at, so that many at once are not looked at either; a right one is taken back. */
  async function counted<T>(actor: AccountActor, look: () => T | Promise<T>): Promise<T> {
    await misses.count(actor.personId);
    const found = await look();
    await misses.takeBack(actor.personId);
    return found;
  }

  /** Whoever is there now has gone, as far as anybody knows: nothing is counted that nobody sees to. */
  async function closeNow(row: AssignmentRow, shift: ShiftRow, why: LeavingReason): Promise<void> {
    if (row.state !== 'checked_in') return;
    const made = mark('automatic', null, { at: latest(contextNow(), row.checkIn?.at) });
    await checkOut(row, shift, made, { why });
  }

  // Nobody is there any more for what was called off: the rest of the plan is no service.
  shifts.onShiftCancelled(async (shift) => {
    for (const row of await assignments.atShift(shift._id)) await closeNow(row, shift, 'shift-cancelled');
  });

  return {
    onCheckedOut: (listener: CheckedOut): void => void listeners.push(listener),

    /** The code to show on the coordinator's screen now, and for how many seconds. */
    currentCode(
      actor: Actor,
      shift: Pick<ShiftRow, '_id' | 'unitId'>,
    ): { code: string; secondsLeft: number } {
      shifts.mustBeAllowed(actor, shift, 'attendance:run');
      const at = contextNow();
      return {
        code: codeAt(shift._id, codeStep(at)),
        secondsLeft: CODE_STEP_SECONDS - (Math.floor(at.getTime() / 1000) % CODE_STEP_SECONDS),
      };
    },

    /**
     * The volunteer types or scans a code: in when expected, out when in. Which shift is meant follows from the person's
     * own places today; a code of another shift opens nothing.
     */
    async useCode(
      actor: AccountActor,
      typed: string,
      { kept = false, at = null }: { kept?: boolean; at?: SeenAt | null } = {},
    ): Promise<{ row: AssignmentRow; did: 'checked-in' | 'checked-out'; nature: Nature }> {
      const today: AssignmentRow[] = [
        ...(await assignments.upcoming(actor.personId, 20)),
        ...(await assignments.recentlyOver(actor.personId, kept)),
      ];
      const open = today.filter((row) => ['accepted', 'confirmed', 'checked_in'].includes(row.state));
      if (open.length === 0) throw new Conflict('nothing-to-check-in');
      const code = normaliseCheckInCode(typed);
      const { row, shift, step } = await counted(actor, () => placeOf(open, code, kept));
      return pass(row, shift, step, { actor, at });
    },

    async checkInOwn(actor: AccountActor, id: string, code: string): Promise<AssignmentRow> {
      const row = await own(actor, id);
      const shift = await shifts.row(row.shiftId);
      const step = await counted(actor, () => stepOf(shift, code));
      return checkIn(row, shift, mark('code', actor.accountId, { step }));
    },
    async checkOutOwn(actor: AccountActor, id: string, code: string): Promise<AssignmentRow> {
      const row = await own(actor, id);
      const shift = await shifts.row(row.shiftId);
      const step = await counted(actor, () => stepOf(shift, code));
      if (orderOfCodes(row.checkIn?.step ?? null, step) !== 'later') throw new Conflict('code-used');
      return checkOut(row, shift, mark('code', actor.accountId, { step }));
    },

    /** Whether the person agreed to be measured against the place. */
    mayLocate: async (actor: AccountActor): Promise<boolean> =>
      hasConsent(await people.row(actor.personId), 'location'),

    /** Says to a phone whose check-in page this is, and of which organisation, without saying who. */
    phoneMark: (actor: AccountActor): string =>
      createHmac('sha256', codeKey)
        .update(`phone:${actor.accountId}:${actor.membership?.tenantId ?? ''}`)
        .digest('base64url')
        .slice(0, 22),

    /** What the person types at a kiosk of this place in the shift; the same all day, of no use elsewhere. */
    personalCode: (assignmentId: unknown): string =>
      codeFrom(
        createHmac('sha256', codeKey)
          .update(`personal:${String(assignmentId)}`)
          .digest(),
      ),

    /** Somebody at the kiosk: in when expected, out when in. `openedBy` is the account that opened the kiosk. */
    async passKiosk(
      row: AssignmentRow,
      openedBy: string,
    ): Promise<{ row: AssignmentRow; did: 'checked-in' | 'checked-out' }> {
      const shift = await shifts.row(row.shiftId);
      if (row.state !== 'checked_in')
        return { row: await checkIn(row, shift, mark('kiosk', openedBy)), did: 'checked-in' };
      // Typed twice while the screen was slow: they have just come, they are not leaving.
      if (row.checkIn && contextNow().getTime() - row.checkIn.at.getTime() < KIOSK_PAUSE_MS)
        return { row, did: 'checked-in' };
      return { row: await checkOut(row, shift, mark('kiosk', openedBy)), did: 'checked-out' };
    },

    /**
     * The coordinator's list: somebody came, left, did not come, is excused. Nobody runs the list for themselves, by whatever
     * account (invariant 5).
     */
    async mark(
      actor: AccountActor,
      id: string,
      what: 'check-in' | 'check-out' | 'no-show' | 'excused',
      reason: string,
    ): Promise<AssignmentRow> {
      const { row, shift } = await run(actor, id);
      if (await humans.isSame(actor.personId, { personIds: [String(row.personId)] }))
        throw new Forbidden('not-your-own');
      switch (what) {
        case 'check-in':
          return checkIn(row, shift, mark('coordinator', actor.accountId));
        case 'check-out':
          return checkOut(row, shift, mark('coordinator', actor.accountId));
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

    /** A member was suspended or is none any more: who is at a shift here has gone from it. Inside a transaction. */
    async closeOf(personId: string): Promise<void> {
      for (const row of await assignments.insideOf(personId))
        await closeNow(row, await shifts.row(row.shiftId), 'membership-stopped');
    },

    /** For the sweep: a forgotten check-out is closed at the planned end and marked, whoever never came is a no-show. */
    async close(id: string): Promise<void> {
      const row = await assignments.row(id);
      if (!row) throw new NotFound();
      const shift = await shifts.row(row.shiftId);
      if (row.state === 'checked_in')
        await checkOut(row, shift, mark('automatic', null, { at: latest(shift.endsAt, row.checkIn?.at) }), {
          why: 'forgotten',
        });
      else if (['accepted', 'confirmed'].includes(row.state)) {
        await assignments.move(row, {
          from: ['accepted', 'confirmed'],
          to: 'no_show',
          action: 'attendance/no-show',
          reason: NEVER_CAME,
        });
      }
    },
  };
}
