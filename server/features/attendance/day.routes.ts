import { z } from 'zod';
import { localDate as dateOf } from '../../core/time.ts';
import { id, localDate, pageOf, paging } from '../../http/schema.ts';
import { route, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { I18n } from '../../i18n/index.ts';
import { NATURES, natureOf } from '../shifts/index.ts';
import type { UnitService } from '../units/index.ts';
import { PRESENCES } from './day.rules.ts';
import type { BoardOfShift, DayBoards } from './day.service.ts';
import { dayModel } from './day.view.ts';

const anyUnit = z.literal('').transform(() => undefined);
export const dayFilter = z.strictObject({
  /** Local day of the organisation; today when left out. */
  day: localDate.optional(),
  /** With everything below it. */
  unitId: z.union([anyUnit, id]).optional(),
  ...paging,
});
export type DayFilter = z.output<typeof dayFilter>;

const heads = z.object(
  Object.fromEntries(PRESENCES.map((presence) => [presence, z.number()])) as Record<
    (typeof PRESENCES)[number],
    z.ZodNumber
  >,
);
const shiftOfDay = z.object({
  id: z.string(),
  title: z.string(),
  state: z.string(),
  unitId: z.string(),
  place: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  /** Only `volunteer` gives volunteer hours. */
  nature: z.enum(NATURES),
  /** How many of its people stand how. */
  heads,
  /** Those who are missed first; the rest stands on the shift's own list. */
  people: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      presence: z.enum(PRESENCES),
      checkedInAt: z.string().nullable(),
      checkedOutAt: z.string().nullable(),
    }),
  ),
});
export type ShiftOfDayView = z.output<typeof shiftOfDay>;

/** The day at a glance: who is here, over all shifts that somebody runs. */
export function dayRoutes({
  days,
  units,
  i18n,
}: {
  days: DayBoards;
  units: UnitService;
  i18n: I18n;
}): Route[] {
  return [
    route({
      name: 'attendance/day',
      method: 'get',
      path: '/attendance',
      access: 'attendance:run',
      tenant: 'member',
      summary:
        'Who is expected, here, late, gone or missing at each shift of a local day that one runs, by start, with names.',
      input: { query: dayFilter },
      output: pageOf(shiftOfDay).extend({ day: z.string() }),
      async run({ actor, query, now, zone }) {
        const { limit, cursor, unitId } = query;
        const day = query.day ?? dateOf(now, zone);
        const { data, nextCursor } = await days.of(actor, { day, unitId, zone }, limit, cursor);
        return { day, data: data.map(toView), nextCursor };
      },
      page: async (board, { account, locale, query, now, zone }) =>
        view(
          'attendance/day',
          dayModel({
            ...board,
            i18n,
            locale,
            query,
            now,
            zone,
            actor: account,
            units: await units.choices(),
          }),
        ),
    }),
  ];
}

const toView = ({ shift, heads: counted, people }: BoardOfShift): ShiftOfDayView => ({
  id: String(shift._id),
  title: shift.title,
  state: shift.state,
  unitId: String(shift.unitId),
  place: shift.place.label,
  startsAt: shift.startsAt.toISOString(),
  endsAt: shift.endsAt.toISOString(),
  nature: natureOf(shift),
  heads: { ...counted },
  people: people.map(({ cameAt, leftAt, ...person }) => ({
    ...person,
    checkedInAt: cameAt?.toISOString() ?? null,
    checkedOutAt: leftAt?.toISOString() ?? null,
  })),
});
