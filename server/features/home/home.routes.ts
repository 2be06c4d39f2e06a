import { z } from 'zod';
import { countText } from '../../db/pagination.ts';
import { asTenant } from '../../core/context.ts';
import type { AccountActor } from '../../core/actor.ts';
import type { Locale } from '../../core/locale.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import { formatMonth, formatNumber } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import { firstStepsModel } from '../first-steps/index.ts';
import type { FirstStepService } from '../first-steps/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { HomeSources } from './home.types.ts';

const PLACES_SHOWN = 24;

export interface HomeRouteParts {
  readonly tenants: TenantService;
  readonly sources: HomeSources;
  readonly firstSteps: FirstStepService;
  readonly i18n: I18n;
}

const place = z.object({
  slug: z.string(),
  name: z.string(),
  lead: z.string().nullable(),
  openCount: z.number(),
  openShown: z.string(),
  joinHref: z.string(),
});

/** `/`: what Linli is for to visitors; what is next, what suits me and what have I given to members; what waits to those with a desk. */
export function homeRoutes({ tenants, sources, firstSteps, i18n }: HomeRouteParts): Route[] {
  return [
    route({
      name: 'home/show',
      method: 'get',
      path: '/',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'The front page, or the own page of whoever is signed in.',
      input: {},
      output: z.object({ places: z.array(place) }),
      async run({ actor, locale }) {
        if (actor.kind === 'account') return { places: [] };
        const open = await tenants.listOpen(PLACES_SHOWN);
        const counts = await sources.openCounts(open.map((tenant) => tenant.id));
        const places = open.map((tenant) => ({
          slug: tenant.slug,
          name: tenant.name[locale],
          lead: i18n.t(locale, `home.kind.${tenant.kind}`),
          openCount: counts.get(tenant.id) ?? 0,
          openShown: countText(counts.get(tenant.id) ?? 0),
          joinHref: `/t/${tenant.slug}/join`,
        }));
        return { places };
      },
      page: ({ places }, context) =>
        context.actor.kind === 'account'
          ? dashboard(context.actor, { sources, firstSteps, i18n }, context)
          : view('home/index', { places, figures: [] }),
    }),
  ];
}

async function dashboard(
  actor: AccountActor,
  { sources, firstSteps, i18n }: Omit<HomeRouteParts, 'tenants'>,
  context: RouteContext,
): Promise<PageResult> {
  const { membership } = actor;
  // Who belongs nowhere yet, or still waits for an answer, is helped on rather than shown an empty page.
  if (!membership || membership.over !== null || membership.state !== 'approved')
    return seeOther((await sources.offersWait(actor)) ? '/offers' : '/join');
  return asTenant(membership.tenantId, async () => {
    const [comingUp, suggestions, given, desk, short, registeredUntil] = await sideBySide([
      () => sources.comingUp(actor),
      () => sources.suggestions(actor),
      () => sources.given(actor),
      () => sources.desk(actor),
      () => sources.short(actor),
      () => sources.registeredUntil(actor),
    ]);
    const next = comingUp[0] ?? null;
    const served = given.totalMinutes + given.waitingMinutes > 0;
    // Whoever closed the list is asked nothing about it.
    const steps =
      actor.firstSteps.shown === 'closed'
        ? null
        : await firstSteps.of(actor, { signedUp: comingUp.length > 0, served });
    return view('home/dashboard', {
      name: actor.name,
      firstSteps: steps?.shown ? firstStepsModel(i18n, context.locale, steps) : null,
      today: context.now,
      next,
      later: comingUp.slice(1),
      suggestions,
      desk: desk.map((task) => ({ ...task, count: countText(task.count) })),
      short,
      registeredUntil,
      // Who works at a desk and never served is not shown empty tables of service.
      serves: membership.roles.length === 0 || comingUp.length > 0 || served,
      // The ways of a desk, for whoever has one: also for those who serve themselves.
      tiles: membership.roles.some((role) => role !== 'volunteer'),
      given: {
        ...given,
        bars: given.months.map(({ month, minutes }) => ({
          label: formatMonth(month, context.locale),
          value: Math.round(minutes / 6) / 10,
        })),
      },
      yearHours: hoursText(given.yearMinutes, context.locale),
      totalHours: hoursText(given.totalMinutes, context.locale),
    });
  });
}

/** As exact as the page of one's hours, so that the two never seem to differ. */
const hoursText = (minutes: number, locale: Locale): string =>
  formatNumber(minutes / 60, locale, { maximumFractionDigits: 2 });
