import { z } from 'zod';
import { localDate as today } from '../../core/time.ts';
import { Invalid } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { empty, line, localDate } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route } from '../../http/route.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { DAY_KINDS } from './calendar.model.ts';
import { nextDay } from './calendar.rules.ts';
import type { CalendarService } from './calendar.service.ts';

export interface CalendarRouteParts {
  readonly calendars: CalendarService;
  readonly i18n: I18n;
}

const yearView = z.object({
  year: z.number(),
  /** False when the nation's holidays of the year are not known: then Monday to Friday count. */
  known: z.boolean(),
  days: z.array(z.object({ date: z.string(), kind: z.enum(DAY_KINDS), name: z.string(), own: z.boolean() })),
});
const yearQuery = z.strictObject({ year: z.coerce.number().int().min(2000).max(2100).optional() });
const dayBody = z.strictObject({
  date: localDate,
  /** The last day of a stretch; one day when left out. */
  until: z.union([localDate, z.literal('')]).optional(),
  kind: z.enum(DAY_KINDS),
  name: line(40).default(''),
});
/** More days at once than any holiday has are a slip of the year. */
const LONGEST_STRETCH = 31;

/** The days on which limits run: the nation's, and the organisation's own before them. */
export function calendarRoutes({ calendars, i18n }: CalendarRouteParts): Route[] {
  const page = async (
    year: number,
    locale: Locale,
    form: { values: Readonly<Record<string, unknown>>; issues: readonly FieldIssue[] },
  ): Promise<PageResult> => {
    const { known, days } = await calendars.year(year, locale);
    const fields = createForm({ i18n, locale, messages: 'calendars.form', ...form });
    return view('calendars/year', {
      year,
      known,
      previous: year - 1,
      next: year + 1,
      days: days.map((day) => ({ ...day, isOff: day.kind === 'off' })),
      fields: {
        date: fields.input('date', 'date', { required: true, width: 'short' }),
        until: fields.input('until', 'date', { width: 'short' }),
        kind: fields.select(
          'kind',
          DAY_KINDS.map((value) => ({ value, label: i18n.t(locale, `calendars.kind.${value}`) })),
          { required: true },
        ),
        name: fields.input('name', 'text', { maxLength: 40 }),
      },
      errors: fields.errors,
    });
  };
  return [
    route({
      name: 'calendars/year',
      method: 'get',
      path: '/calendar',
      access: 'tenant:settings',
      whole: true,
      tenant: 'member',
      summary: 'The days of a year that are not as their weekday says.',
      input: { query: yearQuery },
      output: yearView,
      async run({ query, locale, now, zone }) {
        const year = query.year ?? Number(today(now, zone).slice(0, 4));
        return { year, ...(await calendars.year(year, locale)) };
      },
      page: ({ year }, { locale }) => page(year, locale, { values: { kind: 'off' }, issues: [] }),
    }),
    route({
      name: 'calendars/set',
      method: 'post',
      path: '/calendar/days',
      access: 'tenant:settings',
      whole: true,
      tenant: 'member',
      summary: 'Sets a day, or a stretch of days, on which the organisation works or does not.',
      input: { body: dayBody },
      output: z.object({ dates: z.array(z.string()) }),
      async run({ account, body }) {
        const dates = stretch(body.date, body.until || body.date);
        await calendars.set(
          account,
          dates.map((date) => ({ date, kind: body.kind, name: body.name })),
        );
        return { dates };
      },
      page: ({ dates }) =>
        seeOther(`/calendar?year=${dates[0]?.slice(0, 4) ?? ''}`, {
          kind: 'success',
          key: 'calendars.saved',
        }),
      invalid: ({ issues, values }, { locale, now, zone }) =>
        page(Number(today(now, zone).slice(0, 4)), locale, { values, issues }),
    }),
    route({
      name: 'calendars/remove',
      method: 'post',
      path: '/calendar/days/:date/removal',
      access: 'tenant:settings',
      whole: true,
      tenant: 'member',
      summary: 'Takes a day of the organisation’s own back.',
      status: 200,
      input: { params: z.strictObject({ date: localDate }) },
      output: empty,
      async run({ account, params }) {
        await calendars.remove(account, params.date);
        return {};
      },
      page: (_output, { params }) =>
        seeOther(`/calendar?year=${params.date.slice(0, 4)}`, { kind: 'success', key: 'calendars.removed' }),
    }),
  ];
}

/** Every date of the stretch, both ends counted. @throws Invalid beside its end */
function stretch(from: string, to: string): string[] {
  if (to < from) throw Invalid.field('until', 'ends-before-start');
  const dates = [from];
  while ((dates.at(-1) ?? to) < to) {
    if (dates.length >= LONGEST_STRETCH) throw Invalid.field('until', 'stretch-too-long');
    dates.push(nextDay(dates.at(-1) ?? from));
  }
  return dates;
}
