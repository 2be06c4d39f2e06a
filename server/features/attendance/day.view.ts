import type { AccountActor } from '../../core/actor.ts';
import { addDays, localDate, startOfDay } from '../../core/time.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { unitChoices } from '../units/index.ts';
import type { UnitChoice } from '../units/index.ts';
import { PRESENCES, sumHeads } from './day.rules.ts';
import type { Heads, Presence } from './day.rules.ts';
import type { DayFilter, ShiftOfDayView } from './day.routes.ts';

/** How each shows: red for who is missed now, green for who is here. */
const LOOK: Readonly<Record<Presence, { tone: string; icon: string }>> = {
  late: { tone: 'red', icon: 'alert-triangle' },
  here: { tone: 'green', icon: 'login' },
  expected: { tone: 'blue', icon: 'clock' },
  left: { tone: 'grey', icon: 'logout' },
  'not-come': { tone: 'amber', icon: 'user-off' },
  excused: { tone: 'grey', icon: 'mail-opened' },
};
const PATH = '/attendance';
const REFRESH_SECONDS = 60;

/** Model of `attendance/day`. */
export function dayModel(parts: {
  readonly i18n: I18n;
  readonly locale: Locale;
  readonly actor: AccountActor;
  readonly query: DayFilter;
  readonly day: string;
  readonly data: readonly ShiftOfDayView[];
  readonly nextCursor: string | null;
  readonly units: readonly UnitChoice[];
  readonly now: Date;
  readonly zone: string;
}): object {
  const { i18n, locale, query, day, data, now, zone } = parts;
  const today = localDate(now, zone);
  const counted = (heads: Heads): object[] =>
    PRESENCES.filter((presence) => heads[presence] > 0).map((presence) => ({
      presence,
      ...LOOK[presence],
      text: `${i18n.t(locale, `assignments.day.presence.${presence}`)} ${heads[presence]}`,
    }));
  const at = (date: string, more: Readonly<Record<string, unknown>> = {}): string => {
    const params = new URLSearchParams({ ...(date === today ? {} : { day: date }) });
    if (query.unitId) params.set('unitId', query.unitId);
    for (const [name, value] of Object.entries(more)) if (value) params.set(name, String(value));
    return params.size === 0 ? PATH : `${PATH}?${params.toString()}`;
  };
  const whole = parts.nextCursor === null && query.cursor === undefined;
  return {
    day: startOfDay(day, zone).toISOString(),
    asOf: now.toISOString(),
    here: at(day, { cursor: query.cursor }),
    // A day that is over, or to come, changes little while somebody looks.
    refreshEvery: day === today ? `every ${REFRESH_SECONDS}s` : null,
    jumps: [
      { href: at(addDays(day, -1)), icon: 'chevron-left', label: i18n.t(locale, 'assignments.day.before') },
      { href: at(today), icon: 'calendar-event', label: i18n.t(locale, 'common.word.today') },
      { href: at(addDays(day, 1)), icon: 'chevron-right', label: i18n.t(locale, 'assignments.day.after') },
    ],
    filter: filterOf(parts),
    filtered: day !== today || query.unitId !== undefined,
    // Said of all of them, not of a part.
    counts: whole && data.length > 1 ? counted(sumHeads(data.map((shift) => shift.heads))) : [],
    shifts: data.map((shift) => {
      const total = Object.values(shift.heads).reduce((sum, count) => sum + count, 0);
      return {
        ...shift,
        href: `/shifts/${shift.id}/attendance`,
        state: shift.state === 'published' ? null : shift.state,
        groups: counted(shift.heads).map((group) => ({
          ...group,
          people: shift.people
            .filter(({ presence }) => presence === (group as { presence: Presence }).presence)
            .map(({ name, presence, checkedInAt, checkedOutAt }) => ({
              name,
              at: presence === 'here' ? checkedInAt : presence === 'left' ? checkedOutAt : null,
            })),
        })),
        more: total - shift.people.length,
      };
    }),
    ...pagerOf(PATH, query, parts.nextCursor),
    count: data.length,
  };
}

function filterOf({ i18n, locale, actor, query, day, units }: Parameters<typeof dayModel>[0]): object {
  const form = createForm({
    i18n,
    locale,
    messages: 'assignments.day.filter',
    values: { day, unitId: query.unitId },
  });
  const choices = unitChoices(units, actor, 'attendance:run', locale);
  return {
    day: form.input('day', 'date', { width: 'short', required: true }),
    unitId:
      choices.length > 1
        ? form.select('unitId', [{ value: '', label: i18n.t(locale, 'common.word.all') }, ...choices], {
            required: true,
          })
        : null,
  };
}
