import type { AccountActor } from '../../core/actor.ts';
import { canEverywhere } from '../../core/actor.ts';
import { Forbidden, NotFound } from '../../core/errors.ts';
import type { Locale } from '../../core/locale.ts';
import { recordAudit } from '../../db/audit.ts';
import { inTransaction } from '../../db/transaction.ts';
import { CalendarDayModel } from './calendar.model.ts';
import type { DayKind } from './calendar.model.ts';
import { isKnownYear, isNationalWorkingDay, nationalDays } from './calendar.national.ts';
import { addWorkingDays } from './calendar.rules.ts';
import type { WorkCalendar } from './calendar.rules.ts';

/** A day that is not as its weekday says. */
export interface CalendarDay {
  readonly date: string;
  readonly kind: DayKind;
  readonly name: string;
  /** Set by the organisation; else the nation's. */
  readonly own: boolean;
}

/** How far ahead a limit is looked up at once; long enough for any limit in working days across a spring festival. */
const WINDOW_DAYS = 120;

export type CalendarService = ReturnType<typeof createCalendarService>;

/** Told in the transaction that changes days, of the first and the last of them. */
export type DaysChanged = (first: string, last: string) => Promise<void>;

export function createCalendarService() {
  const listeners: DaysChanged[] = [];
  async function tell(dates: readonly string[]): Promise<void> {
    const [first, last] = [dates.toSorted()[0], dates.toSorted().at(-1)];
    if (first !== undefined && last !== undefined)
      for (const listener of listeners) await listener(first, last);
  }

  /** The calendar of the current tenant for a stretch of dates. */
  async function between(from: string, to: string): Promise<WorkCalendar> {
    const rows = await CalendarDayModel.find({ date: { $gte: from, $lte: to } })
      .limit(1_000)
      .lean();
    const own = new Map(rows.map(({ date, kind }) => [date, kind === 'work']));
    return { isWorkingDay: (date) => own.get(date) ?? isNationalWorkingDay(date) };
  }

  const plusDays = (date: string, days: number): string =>
    new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

  return {
    between,
    onDaysChanged: (listener: DaysChanged): void => void listeners.push(listener),

    /** The last local day of a limit of working days after a day, on the current tenant's calendar. */
    async dueOn(from: string, workingDays: number): Promise<string> {
      return addWorkingDays(from, workingDays, await between(from, plusDays(from, WINDOW_DAYS)));
    },

    /** Days of the stretch that are not as their weekday says: official holidays, and days that are worked for them. */
    async special(from: string, to: string): Promise<Map<string, DayKind>> {
      const rows = await CalendarDayModel.find({ date: { $gte: from, $lte: to } })
        .limit(1_000)
        .lean();
      const years = new Set([from, to].map((date) => Number(date.slice(0, 4))));
      const nation = [...years].flatMap((year) => nationalDays(year));
      return new Map(
        [...nation, ...rows]
          .filter(({ date }) => from <= date && date <= to)
          .map(({ date, kind }) => [date, kind] as const),
      );
    },

    /** Days of the year that are not as their weekday says, the organisation's before the nation's. */
    async year(year: number, locale: Locale): Promise<{ known: boolean; days: CalendarDay[] }> {
      const own = await CalendarDayModel.find({ date: { $gte: `${year}-01-01`, $lte: `${year}-12-31` } })
        .limit(400)
        .lean();
      const days = new Map<string, CalendarDay>(
        nationalDays(year).map(({ date, kind, name }) => [
          date,
          { date, kind, name: name[locale], own: false },
        ]),
      );
      for (const { date, kind, name } of own) days.set(date, { date, kind, name, own: true });
      return {
        known: isKnownYear(year),
        days: [...days.values()].sort((a, b) => a.date.localeCompare(b.date)),
      };
    },

    /** Sets days of the organisation's own calendar; a day that was set before is changed. */
    async set(
      actor: AccountActor,
      days: readonly { readonly date: string; readonly kind: DayKind; readonly name: string }[],
    ): Promise<void> {
      if (!canEverywhere(actor, 'tenant:settings')) throw new Forbidden('needs-whole');
      await inTransaction(async () => {
        for (const { date, kind, name } of days)
          await CalendarDayModel.updateOne({ date }, { $set: { kind, name } }, { upsert: true });
        await recordAudit({
          action: 'calendars/set',
          subjectType: 'CalendarDay',
          subjectId: days[0]?.date ?? '',
          facts: { dates: days.map(({ date }) => date) },
        });
        await tell(days.map(({ date }) => date));
      });
    },

    /** Takes a day of the organisation's own back: the nation's calendar counts again. @throws NotFound */
    async remove(actor: AccountActor, date: string): Promise<void> {
      if (!canEverywhere(actor, 'tenant:settings')) throw new Forbidden('needs-whole');
      await inTransaction(async () => {
        const { deletedCount } = await CalendarDayModel.deleteOne({ date });
        if (deletedCount === 0) throw new NotFound();
        await recordAudit({ action: 'calendars/remove', subjectType: 'CalendarDay', subjectId: date });
        await tell([date]);
      });
    },
  };
}
