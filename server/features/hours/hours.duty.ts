import { Types } from 'mongoose';
import { contextNow } from '../../core/context.ts';
import { addDays, localDate, startOfDay } from '../../core/time.ts';
import { addMessage } from '../../db/outbox.ts';
import type { CalendarService } from '../calendars/index.ts';
import { holdersOf } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { isForReviewer } from './hours.policy.ts';
import { WAITING_STATES } from './hours.queries.ts';

/** Service has to be recorded and confirmed within so many working days after the activity ends. */
export const DUTY_DAYS = 10;
/** A contested rejection is answered within so many working days. */
export const APPEAL_DAYS = 10;
/** Reminders come so many working days before the last one, and on it, at nine in the morning. */
const AHEAD_DAYS = 2;
const NINE_MS = 9 * 3_600_000;
/** Of the people who may confirm, so many are reminded. */
export const REMINDED = 20;

export interface DutyParts {
  readonly calendars: CalendarService;
  readonly tenants: TenantService;
  readonly units: UnitService;
}

/** Limits in working days on the tenant's calendar, and the mornings on which people are reminded of them. */
export function createWorkingClock(calendars: Pick<CalendarService, 'dueOn'>) {
  const morning = (date: string, zone: string): Date => new Date(startOfDay(date, zone).getTime() + NINE_MS);
  return {
    /** Nine in the morning of that local day. */
    morning,
    /** A limit of working days after this local day, and when its reminders begin. */
    async from(day: string, days: number, zone: string): Promise<{ dueOn: string; remindAt: Date }> {
      return {
        dueOn: await calendars.dueOn(day, days),
        remindAt: morning(await calendars.dueOn(day, days - AHEAD_DAYS), zone),
      };
    },
  };
}

/** The clocks of hours: when a record has to be complete, when a contest has to be answered, who is reminded. */
export function createHoursDuty({ calendars, tenants, units }: DutyParts) {
  const { from: clockFrom, morning } = createWorkingClock(calendars);

  async function recountContests(first: string, last: string, zone: string): Promise<void> {
    const rows = await HoursModel.find({ state: 'appealed', appealDueOn: { $gte: first } } as never)
      .select({ history: 1, appealDueOn: 1 })
      .lean();
    for (const { _id, history, appealDueOn } of rows) {
      const begun = history.findLast(({ to }) => to === 'appealed')?.at;
      if (!begun || localDate(begun, zone) > last) continue;
      const { dueOn, remindAt } = await clockFrom(localDate(begun, zone), APPEAL_DAYS, zone);
      if (dueOn !== appealDueOn)
        await HoursModel.updateOne({ _id, state: 'appealed' } as never, {
          $set: { appealDueOn: dueOn, remindAt },
        });
    }
  }

  return {
    /** The clock of a record of this activity. */
    async clockOf(endsAt: Date): Promise<Pick<HoursRow, 'dueOn' | 'remindAt'>> {
      const { zone } = await tenants.current();
      return clockFrom(localDate(endsAt, zone), DUTY_DAYS, zone);
    },

    /** The clock of a contest that begins now. */
    async appealClock(): Promise<Pick<HoursRow, 'appealDueOn' | 'remindAt'>> {
      const { zone } = await tenants.current();
      const { dueOn, remindAt } = await clockFrom(localDate(contextNow(), zone), APPEAL_DAYS, zone);
      return { appealDueOn: dueOn, remindAt };
    },

    /**
     * Somebody changed days of the calendar: limits that run across them are counted again. What is completed stays as late, or
     * as timely, as it was.
     */
    async recount(first: string, last: string): Promise<void> {
      const { zone } = await tenants.current();
      const running = {
        state: { $in: [...WAITING_STATES] },
        'activity.endsAt': { $lt: startOfDay(addDays(last, 1), zone) },
        dueOn: { $gte: first },
      };
      const rows = await HoursModel.find(running as never)
        .select({ activity: 1, dueOn: 1, state: 1 })
        .lean();
      for (const [day, due] of Map.groupBy(rows, ({ activity }) => localDate(activity.endsAt, zone))) {
        const clock = await clockFrom(day, DUTY_DAYS, zone);
        const ids = due.filter(({ dueOn }) => dueOn !== clock.dueOn).map(({ _id }) => _id);
        // A contest has a clock of its own.
        await HoursModel.updateMany({ _id: { $in: ids }, state: { $ne: 'appealed' } } as never, {
          $set: clock,
        });
        await HoursModel.updateMany({ _id: { $in: ids }, state: 'appealed' } as never, {
          $set: { dueOn: clock.dueOn },
        });
      }
      await recountContests(first, last, zone);
    },

    /** Whether completing the record now is too late. */
    async isLate(row: Pick<HoursRow, 'dueOn'>): Promise<boolean> {
      const { zone } = await tenants.current();
      return row.dueOn !== null && localDate(contextNow(), zone) > row.dueOn;
    },

    /** For the sweep: records of any tenant whose confirmers are to be reminded. */
    async dueToRemind({
      now,
      limit,
      except,
    }: {
      now: Date;
      limit: number;
      except: readonly string[];
    }): Promise<{ tenantId: string; id: string }[]> {
      const rows = await HoursModel.find({
        remindAt: { $lte: now },
        _id: { $nin: except.map((id) => new Types.ObjectId(id)) },
      } as never)
        .sort({ remindAt: 1, _id: 1 })
        .limit(limit)
        .select({ tenantId: 1 })
        .lean();
      return rows.map((row) => ({ tenantId: String(row.tenantId), id: String(row._id) }));
    },

    /** Reminds whoever may confirm the record, or review what is held, each once a day; twice changes nothing. Inside a transaction. */
    async remind(id: string): Promise<void> {
      const row = await HoursModel.findById(id).lean();
      if (!row?.remindAt || row.remindAt > contextNow()) return;
      const { zone } = await tenants.current();
      const today = localDate(contextNow(), zone);
      const last = row.state === 'appealed' ? row.appealDueOn : row.dueOn;
      const waits = (WAITING_STATES as readonly string[]).includes(row.state);
      const again = waits && last !== null && today < last ? morning(last, zone) : null;
      await HoursModel.updateOne({ _id: row._id, remindAt: row.remindAt } as never, {
        $set: { remindAt: again },
      });
      if (!waits) return;
      const right = isForReviewer(row) ? 'hours:review' : 'hours:confirm';
      const holders = await holdersOf(right, await units.pathOf(row.unitId), REMINDED);
      for (const { accountId, personId } of holders)
        if (accountId !== null && String(personId) !== String(row.personId))
          await addMessage({
            kind: 'hours/due',
            subjectId: row._id,
            data: { accountId: String(accountId) },
            dedupeKey: `hours-due:${String(accountId)}:${today}`,
          });
    },
  };
}

export type HoursDuty = ReturnType<typeof createHoursDuty>;
