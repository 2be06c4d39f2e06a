import { can } from '../../core/actor.ts';
import { addDays, localDate } from '../../core/time.ts';
import type { I18n } from '../../i18n/index.ts';
import { empty } from '../../http/schema.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { membersAmong, readLines, unitNames } from './plan.reading.ts';
import type { ReadingParts } from './plan.reading.ts';
import {
  lineFilter,
  linePage,
  newPlan,
  planFilter,
  planPage,
  planParams,
  planView,
  watching,
} from './plan.schema.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { PlanService } from './plan.service.ts';
import type { PlanRow } from './plan.model.ts';
import { newModel, showModel, toPlanView, waveForm, wordLine } from './plan.view.ts';

export interface PlanRouteParts extends ReadingParts {
  readonly plans: PlanService;
  readonly i18n: I18n;
}

/** Runs over all open positions: asking for one, following it, reading what it proposes. */
export const planRoutes = (parts: PlanRouteParts): Route[] => [...listRoutes(parts), ...oneRoutes(parts)];

/** What a plan's buttons cannot do now is told on its page. */
export const backToPlan = (
  { issues, error }: FormFailure,
  { params }: { params: { id: string } },
): PageResult =>
  seeOther(`/plans/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });

/** The page of one plan, with the form of the next wave as it was typed where it was refused. */
export async function showPlan(
  { units, memberships, i18n }: Pick<PlanRouteParts, 'units' | 'memberships' | 'i18n'>,
  { actor, locale, zone }: Pick<RouteContext, 'actor' | 'locale' | 'zone'>,
  row: PlanRow,
  failure: Pick<FormFailure, 'issues' | 'values'> | null,
  watched = false,
): Promise<PageResult> {
  const names = await unitNames(row, units, locale);
  const shown = toPlanView(row, names, await whoMoved(row, memberships));
  const unitName = (await units.names([shown.unitId])).get(shown.unitId)?.[locale] ?? '';
  const may = (permission: 'plans:run' | 'plans:send'): boolean => can(actor, permission, shown.unitId);
  const words = { i18n, locale, zone };
  const worse = (row.comparison?.worse ?? 0) > 0;
  return view(
    'plans/show',
    showModel(shown, words, {
      unitName,
      watched,
      mayRun: may('plans:run'),
      maySolve: may('plans:run') && row.waves.length === 0 && row.state !== 'withdrawn',
      maySend: may('plans:send') && row.state === 'proposed',
      mayLook: may('plans:run') && row.state === 'proposed',
      mayWithdraw: may('plans:send') && ['proposed', 'sending'].includes(row.state),
      wave: waveForm(words, worse, failure ?? undefined),
      waveRows: row.waves.map((wave) => ({ ...wave })),
    }),
  );
}

const whoMoved = ({ moves = [] }: PlanRow, memberships: MembershipService) =>
  membersAmong(
    moves.map(({ personId }) => personId),
    memberships,
  );

function listRoutes({ plans, i18n }: PlanRouteParts): Route[] {
  const formFor = async (
    { actor, locale, now, zone }: Pick<RouteContext, 'actor' | 'locale' | 'now' | 'zone'>,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const today = localDate(now, zone);
    return view(
      'plans/new',
      newModel({
        i18n,
        locale,
        ...(await plans.choices(actor)),
        today,
        until: addDays(today, 20),
        ...(failure ? { issues: failure.issues, values: failure.values } : {}),
      }),
    );
  };
  return [
    route({
      name: 'plans/list',
      method: 'get',
      path: '/plans',
      access: 'plans:see',
      tenant: 'member',
      summary: 'Plans over all open positions, the latest first.',
      input: { query: planFilter },
      output: planPage,
      async run({ actor, query }) {
        const page = await plans.list(actor, query.limit, query.cursor);
        return { ...page, data: page.data.map((row) => toPlanView(row)) };
      },
      page: (page, { actor, query }) =>
        view('plans/index', {
          plans: page.data.map((one) => ({
            ...one,
            href: `/plans/${one.id}`,
            slots: one.inputs?.slots ?? 0,
          })),
          mayRun: can(actor, 'plans:run'),
          ...pagerOf('/plans', query, page.nextCursor),
        }),
    }),
    route({
      name: 'plans/new',
      method: 'get',
      path: '/plans/new',
      doors: ['page'],
      access: 'plans:run',
      tenant: 'member',
      summary: 'The form that asks for a plan.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_output, context) => formFor(context),
    }),
    route({
      name: 'plans/start',
      method: 'post',
      path: '/plans',
      access: 'plans:run',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Asks for the best plan over all open positions and willing people; it is made in the background.',
      status: 202,
      input: { body: newPlan },
      output: planView,
      run: async ({ account, body }) => toPlanView(await plans.start(account, body)),
      page: ({ id }) => seeOther(`/plans/${id}`),
      invalid: (failure, context) => formFor(context, failure),
    }),
  ];
}

function oneRoutes(parts: PlanRouteParts): Route[] {
  const { plans, memberships, units, i18n } = parts;
  return [
    route({
      name: 'plans/show',
      method: 'get',
      path: '/plans/:id',
      access: 'plans:see',
      tenant: 'member',
      summary: 'One plan: how far it is, what it proposes against first come, first served, and its proof.',
      // `watch` is what a page that is being watched asks with: once all is done it loads itself anew.
      input: { params: planParams, query: watching },
      output: planView,
      async run({ actor, params, locale }) {
        const row = await plans.access(actor, params.id);
        return toPlanView(row, await unitNames(row, units, locale), await whoMoved(row, memberships));
      },
      page: async (_shown, context) =>
        showPlan(
          parts,
          context,
          await plans.access(context.actor, context.params.id),
          null,
          context.query.watch,
        ),
    }),
    route({
      name: 'plans/lines',
      method: 'get',
      path: '/plans/:id/positions',
      access: 'plans:see',
      tenant: 'member',
      summary: 'The positions of a plan, soonest first, with the people proposed and why.',
      input: { params: planParams, query: lineFilter },
      output: linePage,
      async run({ actor, params, query }) {
        const page = await plans.lines(await plans.access(actor, params.id), query);
        return { ...page, data: await readLines(page.data, parts) };
      },
      async page(page, { actor, params, query, locale, zone }) {
        const row = await plans.access(actor, params.id);
        const names = await unitNames(row, units, locale);
        return view('plans/lines', {
          planHref: `/plans/${params.id}`,
          createdAt: row.createdAt,
          unitName: query.unitId ? (names.get(query.unitId) ?? '') : '',
          lines: page.data.map((line) => wordLine(line, params.id, { i18n, locale, zone })),
          ...pagerOf(`/plans/${params.id}/positions`, query, page.nextCursor),
        });
      },
    }),
    route({
      name: 'plans/solve',
      method: 'post',
      path: '/plans/:id/solve',
      access: 'plans:run',
      tenant: 'member',
      rate: 'heavy',
      summary: 'Makes the plan anew, with its pins and wishes, from what is open now.',
      status: 202,
      input: { params: planParams },
      output: planView,
      run: async ({ account, params }) => toPlanView(await plans.solveAgain(account, params.id)),
      page: ({ id }) => seeOther(`/plans/${id}`),
      invalid: backToPlan,
    }),
    route({
      name: 'plans/look',
      method: 'post',
      path: '/plans/:id/look',
      access: 'plans:run',
      tenant: 'member',
      rate: 'heavy',
      summary: 'Looks at once for what changed since, and mends the proposal from its kept prices: few move.',
      status: 202,
      input: { params: planParams },
      output: planView,
      run: async ({ account, params }) => toPlanView(await plans.lookNow(account, params.id)),
      page: ({ id }) => seeOther(`/plans/${id}`, { kind: 'info', key: 'plans.did.looking' }),
      invalid: backToPlan,
    }),
    route({
      name: 'plans/cancel',
      method: 'post',
      path: '/plans/:id/cancel',
      access: 'plans:run',
      tenant: 'member',
      summary: 'Stops a run that nobody wants any more.',
      status: 202,
      input: { params: planParams },
      output: planView,
      run: async ({ account, params }) => toPlanView(await plans.cancel(account, params.id)),
      page: ({ id }) => seeOther(`/plans/${id}`, { kind: 'info', key: 'plans.did.cancelled' }),
      invalid: backToPlan,
    }),
  ];
}
