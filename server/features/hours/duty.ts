import { Types } from 'mongoose';
import type { Model } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import type { Permission } from '../../core/permissions.ts';
import { localDate, startOfDay } from '../../core/time.ts';
import { addMessage } from '../../db/outbox.ts';
import type { CalendarService } from '../calendars/index.ts';
import { holdersOf } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';

/** Service, and what is said of it, has to be complete within so many working days after the activity ends. */
export const DUTY_DAYS = 10;
/** Reminders come so many working days before the last one, and on it, at nine in the morning. */
const AHEAD_DAYS = 2;
const NINE_MS = 9 * 3_600_000;
/** Of the people who may do it, so many are reminded. */
const REMINDED = 20;

export interface DutyParts {
  readonly calendars: CalendarService;
  readonly tenants: TenantService;
  readonly units: UnitService;
}

/** What of a row its reminders need. */
interface Reminded {
  readonly _id: Types.ObjectId;
  readonly unitId: Types.ObjectId;
  readonly remindAt: Date | null;
}

/** Of what is reminded, until when, and who is. */
export interface Reminder {
  /** Somebody is still to do it. */
  readonly waits: boolean;
  /** The last local day; null for none. */
  readonly last: string | null;
  readonly permission: Permission;
  /** Persons who may not do it. */
  readonly apart: ReadonlySet<string>;
  readonly kind: `${string}/${string}`;
  /** One mail a day to each account, of each thing or of all of them. */
  readonly dedupe: 'each' | 'together';
}

export type Duty = ReturnType<typeof createDuty>;

/** Limits in working days on the tenant's calendar, and the mornings on which people are reminded of them: one clock for all that has one. */
export function createDuty({ calendars, tenants, units }: DutyParts) {
  const morning = (date: string, zone: string): Date => new Date(startOfDay(date, zone).getTime() + NINE_MS);

  return {
    /** A limit of working days after this local day, and when its reminders begin. */
    async from(day: string, days: number, zone: string): Promise<{ dueOn: string; remindAt: Date }> {
      return {
        dueOn: await calendars.dueOn(day, days),
        remindAt: morning(await calendars.dueOn(day, days - AHEAD_DAYS), zone),
      };
    },

    /**
     * Of limits that a changed day of the calendar may move, the earliest last day: one that is over stays over, whoever calls off
     * working days afterwards.
     * @param first the first day that was changed
     */
    movableFrom(first: string, zone: string): string {
      const today = localDate(contextNow(), zone);
      return first > today ? first : today;
    },

    /** Whether doing it now is too late; never where there is no last day. */
    async isLate(dueOn: string | null): Promise<boolean> {
      return dueOn !== null && localDate(contextNow(), (await tenants.current()).zone) > dueOn;
    },

    /** For a sweep: rows of any tenant of which somebody is to be reminded. */
    async dueToRemind<Row extends Reminded>(
      model: Model<Row>,
      { now, limit, except }: { now: Date; limit: number; except: readonly string[] },
    ): Promise<{ tenantId: string; id: string }[]> {
      const rows = (await model
        .find({ remindAt: { $lte: now }, _id: { $nin: except.map((id) => new Types.ObjectId(id)) } } as never)
        .sort({ remindAt: 1, _id: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean()) as { _id: Types.ObjectId; tenantId?: unknown }[];
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Reminds whoever may do it, each once a day until its last day; twice changes nothing. Inside a transaction. */
    async remind<Row extends Reminded>(
      model: Model<Row>,
      id: string,
      of: (row: Row) => Reminder,
    ): Promise<void> {
      const row = (await model.findById(id).lean()) as Row | null;
      if (!row?.remindAt || row.remindAt > contextNow()) return;
      const { waits, last, permission, apart, kind, dedupe } = of(row);
      const { zone } = await tenants.current();
      const today = localDate(contextNow(), zone);
      await model.updateOne({ _id: row._id, remindAt: row.remindAt } as never, {
        $set: { remindAt: waits && last !== null && today < last ? morning(last, zone) : null } as never,
      });
      if (!waits) return;
      const holders = await holdersOf(permission, await units.pathOf(row.unitId), REMINDED);
      const matter = dedupe === 'each' ? `${kind}:${String(row._id)}` : kind;
      for (const { accountId, personId } of holders)
        if (accountId !== null && !apart.has(String(personId)))
          await addMessage({
            kind,
            subjectId: row._id,
            data: { accountId: String(accountId) },
            dedupeKey: `${matter.replace('/', '-')}:${String(accountId)}:${today}`,
          });
    },
  };
}
