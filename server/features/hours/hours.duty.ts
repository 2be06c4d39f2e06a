import { contextNow } from '../../core/context.ts';
import { addDays, localDate, startOfDay } from '../../core/time.ts';
import type { TenantService } from '../tenants/index.ts';
import { DUTY_DAYS } from './duty.ts';
import type { Duty } from './duty.ts';
import { HoursModel } from './hours.model.ts';
import type { HoursRow } from './hours.model.ts';
import { isForReviewer } from './hours.policy.ts';
import { WAITING_STATES } from './hours.queries.ts';

/** A contested rejection is answered within so many working days. */
export const APPEAL_DAYS = 10;
/** The clocks of hours: when a record has to be complete, when a contest has to be answered, who is reminded. */
export function createHoursDuty({ duty, tenants }: { duty: Duty; tenants: TenantService }) {
  const { from: clockFrom } = duty;

  async function recountContests(first: string, last: string, zone: string): Promise<void> {
    const rows = await HoursModel.find({
      state: 'appealed',
      appealDueOn: { $gte: duty.movableFrom(first, zone) },
    } as never)
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
        dueOn: { $gte: duty.movableFrom(first, zone) },
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
    isLate: (row: Pick<HoursRow, 'dueOn'>): Promise<boolean> => duty.isLate(row.dueOn),

    dueToRemind: (query: Parameters<Duty['dueToRemind']>[1]) => duty.dueToRemind(HoursModel, query),

    /** Reminds whoever may confirm the record, or review what is held, each once a day; twice changes nothing. Inside a transaction. */
    remind: (id: string): Promise<void> =>
      duty.remind(HoursModel, id, (row) => ({
        waits: (WAITING_STATES as readonly string[]).includes(row.state),
        last: row.state === 'appealed' ? row.appealDueOn : row.dueOn,
        permission: isForReviewer(row) ? 'hours:review' : 'hours:confirm',
        apart: new Set([String(row.personId)]),
        kind: 'hours/due',
        dedupe: 'together',
      })),
  };
}

export type HoursDuty = ReturnType<typeof createHoursDuty>;
