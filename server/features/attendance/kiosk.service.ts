import { Types } from 'mongoose';
import type { AccountActor } from '../../core/actor.ts';
import { acrossTenants, asTenant, contextNow } from '../../core/context.ts';
import { Conflict, NotFound } from '../../core/errors.ts';
import { hashToken, randomToken } from '../../core/ids.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/transaction.ts';
import type { AssignmentRow, AssignmentService } from '../assignments/index.ts';
import { holdersAmong } from '../memberships/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { PeopleService } from '../people/index.ts';
import type { ShiftRow, ShiftService } from '../shifts/index.ts';
import type { UnitService } from '../units/index.ts';
import { CLOSE_AFTER_MINUTES, normaliseCheckInCode } from './attendance.rules.ts';
import type { AttendanceService, Misses } from './attendance.service.ts';
import { KioskModel } from './kiosk.model.ts';
import type { KioskRow } from './kiosk.model.ts';

export interface KioskParts {
  readonly attendance: AttendanceService;
  readonly assignments: AssignmentService;
  readonly memberships: Pick<MembershipService, 'byAccount'>;
  readonly units: Pick<UnitService, 'pathOf'>;
  readonly shifts: ShiftService;
  readonly people: PeopleService;
  /** Counts numbers that were nobody's, of one device, over all processes. */
  readonly misses: Misses;
}

export interface KioskOutcome {
  readonly did: 'checked-in' | 'checked-out';
  /** Family name only: others stand behind. */
  readonly name: string;
  readonly at: Date;
}

export type KioskService = ReturnType<typeof createKioskService>;

/** How long a link waits for its device. */
export const PAIRING_MINUTES = 10;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const AT_THE_PLACE = ['accepted', 'confirmed', 'checked_in'];

export function createKioskService({
  attendance,
  assignments,
  memberships,
  shifts,
  people,
  units,
  misses,
}: KioskParts) {
  async function bySecret(secret: string | null): Promise<KioskRow> {
    if (secret === null || !SECRET.test(secret)) throw new NotFound();
    const row = await acrossTenants('kiosks: found by their secret, before a tenant is known', () =>
      KioskModel.findOne({ tokenHash: hashToken(secret), endedAt: null }).lean(),
    );
    if (!row || row.expiresAt <= contextNow()) throw new NotFound();
    return row;
  }
  /**
   * The device that holds this secret, open now. It says in somebody's name who came, so it goes with that right.
   * @throws NotFound for every other secret alike
   */
  async function find(secret: string | null): Promise<KioskRow> {
    const row = await bySecret(secret);
    if (row.pairedAt === null) throw new NotFound();
    if (!(await asTenant(String(row.tenantId), () => stillRuns(row)))) throw new NotFound();
    return row;
  }
  /** Whether whoever opened the device may run the shift still. */
  async function stillRuns(kiosk: KioskRow): Promise<boolean> {
    const opener = await memberships.byAccount(kiosk.openedBy);
    if (!opener) return false;
    const { unitId } = await shifts.row(kiosk.shiftId);
    const holders = await holdersAmong(
      [String(opener.personId)],
      'attendance:run',
      await units.pathOf(unitId),
    );
    return holders.length > 0;
  }
  /** The kiosk whose link this is, not taken yet. @throws NotFound for every other alike */
  async function findLink(secret: string): Promise<KioskRow> {
    const row = await bySecret(secret);
    if (row.pairedAt !== null || row.pairBy <= contextNow()) throw new NotFound();
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
    /** Opens a kiosk for the shift. @returns the secret of the link that one device takes, shown once */
    async open(
      actor: AccountActor,
      shiftId: string,
    ): Promise<{ secret: string; pairBy: Date; expiresAt: Date }> {
      return inTransaction(async () => {
        const shift = await shifts.access(actor, shiftId, 'attendance:run');
        if (!['published', 'locked', 'running'].includes(shift.state))
          throw new Conflict('wrong-state', { state: shift.state });
        const secret = randomToken();
        const _id = new Types.ObjectId();
        const expiresAt = new Date(shift.endsAt.getTime() + CLOSE_AFTER_MINUTES * 60_000);
        const pairBy = new Date(contextNow().getTime() + PAIRING_MINUTES * 60_000);
        await KioskModel.create([
          {
            _id,
            shiftId: shift._id,
            tokenHash: hashToken(secret),
            openedBy: new Types.ObjectId(actor.accountId),
            openedAt: contextNow(),
            pairBy,
            expiresAt,
          } as never,
        ]);
        await recordAudit({ action: 'kiosks/open', subjectType: 'Shift', subjectId: shift._id });
        return { secret, pairBy, expiresAt };
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

    /** The shift of a link, before a device takes it. @throws NotFound when it was taken, is too old, or never was */
    async link(secret: string): Promise<ShiftRow> {
      const kiosk = await findLink(secret);
      return asTenant(String(kiosk.tenantId), () => shifts.row(kiosk.shiftId));
    },

    /** A device takes the link, once. @returns the secret that it alone holds from then on */
    async pair(secret: string): Promise<{ secret: string; expiresAt: Date }> {
      return inTransaction(async () => {
        const kiosk = await findLink(secret);
        const own = randomToken();
        return asTenant(
          String(kiosk.tenantId),
          async () => {
            const { modifiedCount } = await KioskModel.updateOne(
              { _id: kiosk._id, tokenHash: kiosk.tokenHash, pairedAt: null, endedAt: null } as never,
              { $set: { tokenHash: hashToken(own), pairedAt: contextNow() } },
            );
            if (modifiedCount === 0) throw new NotFound();
            await recordAudit({ action: 'kiosks/pair', subjectType: 'Shift', subjectId: kiosk.shiftId });
            return { secret: own, expiresAt: kiosk.expiresAt };
          },
          { kind: 'sweep', name: 'attendance/kiosk' },
        );
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

    /** The shift on the screen, nothing of anybody; null for every device that is none, whatever it holds. */
    async screen(secret: string | null): Promise<ShiftRow | null> {
      const kiosk = await find(secret).catch((err: unknown) => {
        if (err instanceof NotFound) return null;
        throw err;
      });
      if (!kiosk) return null;
      return asTenant(String(kiosk.tenantId), () => shifts.row(kiosk.shiftId));
    },

    /** Somebody typed their number or personal code. */
    async pass(secret: string | null, typed: string): Promise<KioskOutcome> {
      const kiosk = await find(secret);
      return asTenant(
        String(kiosk.tenantId),
        () =>
          inTransaction(async () => {
            // Counted before it is looked up, so that many at once are not looked up either.
            await misses.count(String(kiosk._id));
            const who = await whoIs(kiosk, typed);
            await misses.takeBack(String(kiosk._id));
            const { row, did } = await attendance.passKiosk(who, String(kiosk.openedBy));
            const at = (did === 'checked-in' ? row.checkIn?.at : row.checkOut?.at) ?? contextNow();
            return { did, name: `${Array.from(row.personName)[0] ?? ''}**`, at };
          }),
        { kind: 'sweep', name: 'attendance/kiosk' },
      );
    },
  };
}
