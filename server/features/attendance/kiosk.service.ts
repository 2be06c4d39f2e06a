import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import { hashToken, randomToken } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { AssignmentRow, AssignmentService } from '../assignments/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { ShiftRow, ShiftService } from '../shifts/index.ts';
import { CLOSE_AFTER_MINUTES, normaliseCheckInCode } from './attendance.rules.ts';
import type { AttendanceService } from './attendance.service.ts';
import { KioskModel } from './kiosk.model.ts';
import type { KioskRow } from './kiosk.model.ts';

export interface KioskParts {
  readonly attendance: AttendanceService;
  readonly assignments: AssignmentService;
  readonly shifts: ShiftService;
  readonly people: PeopleService;
}

export interface KioskOutcome {
  readonly did: 'checked-in' | 'checked-out';
  /** Family name only: others stand behind. */
  readonly name: string;
  readonly at: Date;
}

export type KioskService = ReturnType<typeof createKioskService>;

const SECRET = /^[A-Za-z0-9_-]{43}$/;
const AT_THE_PLACE = ['accepted', 'confirmed', 'checked_in'];

export function createKioskService({ attendance, assignments, shifts, people }: KioskParts) {
  /** The kiosk of this secret, open now. @throws NotFound for every other secret alike */
  async function find(secret: string): Promise<KioskRow> {
    if (!SECRET.test(secret)) throw new NotFound();
    const row = await acrossTenants('kiosks: found by their secret, before a tenant is known', () =>
      KioskModel.findOne({ tokenHash: hashToken(secret), endedAt: null }).lean(),
    );
    if (!row || row.expiresAt <= contextNow()) throw new NotFound();
    return row;
  }

  /** Whose number or personal code this is, among those expected or present at the shift. @throws Conflict */
  async function whoIs(kiosk: KioskRow, typed: string): Promise<AssignmentRow> {
    const expected = (await assignments.atShift(kiosk.shiftId)).filter(({ state }) =>
      AT_THE_PLACE.includes(state),
    );
    const code = normaliseCheckInCode(typed);
    const byCode = expected.find((row) => attendance.personalCode(row._id) === code);
    if (byCode) return byCode;
    const digits = code.replace(/^\+?86/, '');
    const persons = await people.rows(expected.map((row) => row.personId));
    const matching = persons.filter(
      ({ phone }) => phone !== null && phone.replace(/\D/g, '').endsWith(digits),
    );
    const [only] = digits.length === 11 && matching.length === 1 ? matching : [];
    const row = only ? expected.find(({ personId }) => String(personId) === String(only._id)) : undefined;
    if (!row) throw new Conflict('kiosk-unknown');
    return row;
  }

  return {
    /** Opens a kiosk for the shift. @returns the secret of its address, shown once */
    async open(actor: AccountActor, shiftId: string): Promise<{ secret: string; expiresAt: Date }> {
      return inTransaction(async () => {
        const shift = await shifts.access(actor, shiftId, 'attendance:run');
        if (!['published', 'locked', 'running'].includes(shift.state))
          throw new Conflict('wrong-state', { state: shift.state });
        const secret = randomToken();
        const _id = new Types.ObjectId();
        const expiresAt = new Date(shift.endsAt.getTime() + CLOSE_AFTER_MINUTES * 60_000);
        await KioskModel.create([
          {
            _id,
            shiftId: shift._id,
            tokenHash: hashToken(secret),
            openedBy: new Types.ObjectId(actor.accountId),
            openedAt: contextNow(),
            expiresAt,
          } as never,
        ]);
        await recordAudit({ action: 'kiosks/open', subjectType: 'Shift', subjectId: shift._id });
        return { secret, expiresAt };
      });
    },

    /** Ends every kiosk of the shift at once. */
    async end(actor: AccountActor, shiftId: string): Promise<number> {
      return inTransaction(async () => {
        const shift = await shifts.access(actor, shiftId, 'attendance:run');
        const { modifiedCount } = await KioskModel.updateMany(
          { shiftId: shift._id, endedAt: null },
          { $set: { endedAt: contextNow() } },
        );
        await recordAudit({ action: 'kiosks/end', subjectType: 'Shift', subjectId: shift._id });
        return modifiedCount;
      });
    },

    /** How many stand open at the shift. @throws NotFound unless the actor may run it */
    async openOf(actor: AccountActor, shiftId: string): Promise<number> {
      const shift = await shifts.access(actor, shiftId, 'attendance:run');
      return KioskModel.countDocuments({
        shiftId: shift._id,
        endedAt: null,
        expiresAt: { $gt: contextNow() },
      } as never);
    },

    /** What stands on the screen: nothing of anybody. */
    async screen(secret: string): Promise<ShiftRow> {
      const kiosk = await find(secret);
      return asTenant(String(kiosk.tenantId), () => shifts.row(kiosk.shiftId));
    },

    /** Somebody typed their number or personal code. */
    async pass(secret: string, typed: string): Promise<KioskOutcome> {
      const kiosk = await find(secret);
      return asTenant(
        String(kiosk.tenantId),
        () =>
          inTransaction(async () => {
            const { row, did } = await attendance.passKiosk(
              await whoIs(kiosk, typed),
              String(kiosk.openedBy),
            );
            const at = (did === 'checked-in' ? row.checkIn?.at : row.checkOut?.at) ?? contextNow();
            return { did, name: `${Array.from(row.personName)[0] ?? ''}**`, at };
          }),
        { kind: 'sweep', name: 'attendance/kiosk' },
      );
    },
  };
}
