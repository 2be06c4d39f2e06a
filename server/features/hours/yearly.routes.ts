import { z } from 'zod';
import { can } from '../../core/actor.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, view } from '../../http/route.ts';
import type { Route, RouteContext } from '../../http/route.ts';
import type { LocalText } from '../../db/fields.ts';
import { pageOf, paging } from '../../http/schema.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { formatDate, formatMinutesExactly } from '../../i18n/index.ts';
import type { UnitService } from '../units/index.ts';
import type { HoursService } from './hours.service.ts';
import { yearlyStanding } from './hours.schema.ts';
import { asksYearly } from './yearly.rules.ts';
import type { GivenInYear } from './yearly.rules.ts';
import type { Below } from './yearly.service.ts';

const belowView = yearlyStanding.extend({
  membershipId: z.string(),
  personId: z.string(),
  personName: z.string(),
  unitId: z.string(),
  /** Local date of joining, where that was within the year: the whole year was not theirs to give. */
  joinedOn: z.string().nullable(),
});
type BelowView = z.infer<typeof belowView>;
const belowPage = pageOf(belowView).extend({
  year: z.number(),
  /** The years that can be asked about. */
  years: z.array(z.number()),
  /** What is asked for; 0 asks for nothing. */
  asked: z.object({ yearlyHours: z.number(), yearlyActivities: z.number() }),
  /** Members that were looked at for this page. */
  looked: z.number(),
});

const toBelowView = ({ member, standing, joinedOn }: Below): BelowView => ({
  membershipId: String(member._id),
  personId: String(member.personId),
  personName: member.personName,
  unitId: String(member.unitId),
  joinedOn,
  ...standing,
});

/** So much service and so many activities, in words; what is nothing is not said. */
function amountText(t: ReturnType<I18n['in']>, { minutes, activities }: GivenInYear, locale: Locale): string {
  const hours = formatMinutesExactly(minutes, locale);
  const taken = t('hours.yearly.activities', { count: activities });
  if (minutes > 0 && activities > 0) return t('hours.yearly.both', { hours, activities: taken });
  return minutes > 0 ? hours : taken;
}

interface Reader extends Pick<RouteContext, 'locale' | 'zone'> {
  readonly i18n: I18n;
  readonly names: ReadonlyMap<string, LocalText>;
  readonly mayAsk: boolean;
  readonly query: Readonly<Record<string, unknown>>;
}

/** Model of `hours/yearly`. */
function belowModel(
  { data, nextCursor, year, years, asked, looked }: z.infer<typeof belowPage>,
  { i18n, locale, zone, names, mayAsk, query }: Reader,
): object {
  const t = i18n.in(locale);
  const gave = (one: BelowView): string =>
    one.minutes > 0 || one.activities > 0 ? amountText(t, one, locale) : t('hours.yearly.nothing');
  const missing = (one: BelowView): string =>
    amountText(t, { minutes: one.missingMinutes, activities: one.missingActivities }, locale);
  return {
    asks: asksYearly(asked),
    mayAsk,
    asked: amountText(t, { minutes: asked.yearlyHours * 60, activities: asked.yearlyActivities }, locale),
    tabs: years.map((one) => ({
      href: `/hours/yearly?year=${one}`,
      label: String(one),
      current: one === year,
      count: null,
    })),
    people: data.map((one) => ({
      title: one.personName,
      href: `/memberships/${one.membershipId}`,
      facts: [
        { icon: 'building-community', text: names.get(one.unitId)?.[locale] ?? '' },
        { icon: 'clock', text: gave(one) },
        { icon: 'hourglass', text: t('hours.yearly.missing', { what: missing(one) }) },
        {
          icon: 'user-plus',
          text:
            one.joinedOn && t('hours.yearly.joined', { date: formatDate(one.joinedOn, { locale, zone }) }),
        },
      ],
    })),
    looked,
    ...pagerOf('/hours/yearly', query, nextCursor),
    count: data.length,
  };
}

/** Who gave less in a year than the organisation asks of a volunteer: told to whoever sees to people, no more. */
export function yearlyRoutes({
  hours,
  units,
  i18n,
}: {
  readonly hours: HoursService;
  readonly units: UnitService;
  readonly i18n: I18n;
}): Route[] {
  return [
    route({
      name: 'hours/yearly',
      method: 'get',
      path: '/hours/yearly',
      access: 'hours:see',
      tenant: 'member',
      summary:
        'Volunteers within reach who gave less in this year, or the one before, than is asked of them (R-2.11). A page may hold less than `limit` and go on.',
      input: { query: z.strictObject({ ...paging, year: z.coerce.number().int().optional() }) },
      output: belowPage,
      async run({ account, query }) {
        const page = await hours.yearly.below(account, {
          limit: query.limit,
          cursor: query.cursor,
          year: query.year ?? null,
        });
        return { ...page, years: [...page.years], data: page.data.map(toBelowView) };
      },
      page: async (found, context) =>
        view(
          'hours/yearly',
          belowModel(found, {
            ...context,
            i18n,
            names: await units.names(found.data.map(({ unitId }) => unitId)),
            mayAsk: can(context.account, 'tenant:settings'),
          }),
        ),
    }),
  ];
}
