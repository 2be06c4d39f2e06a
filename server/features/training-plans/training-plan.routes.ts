import { addDays, localDate } from '../../core/time.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import { empty, idParams } from '../../http/schema.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { holdersOf } from '../memberships/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import { knownPools } from '../talent-pools/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { CourseService } from '../training/index.ts';
import type { UnitService } from '../units/index.ts';
import type { TrainingPlanRow } from './training-plan.model.ts';
import {
  exclusionBody,
  moveBody,
  pinBody,
  planBody,
  planFilter,
  planPage,
  plannedList,
  plannedParams,
  plannedView,
  planView,
  watching,
} from './training-plan.schema.ts';
import type { TrainingPlanService } from './training-plan.service.ts';
import { newModel, plannedModel, showModel, toPlanned, toPlan } from './training-plan.view.ts';

export interface TrainingPlanRouteParts {
  readonly plans: TrainingPlanService;
  readonly courses: CourseService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

const MOST_INSTRUCTORS = 60;

export const trainingPlanRoutes = (parts: TrainingPlanRouteParts): Route[] => [
  ...listRoutes(parts),
  ...oneRoutes(parts),
  ...editRoutes(parts),
];

/** What a plan's buttons cannot do now is told on its page. */
const back = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/training-plans/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });

async function viewOf(memberships: MembershipService, row: TrainingPlanRow) {
  const people = await memberships.ofPeople(row.edits.excluded);
  return toPlan(row, new Map(people.map((one) => [String(one.personId), one.personName])));
}

function listRoutes({ plans, courses, memberships, tenants, units, i18n }: TrainingPlanRouteParts): Route[] {
  const form = async (
    { locale, now, zone }: Pick<RouteContext, 'locale' | 'now' | 'zone'>,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const { rootUnitId } = await tenants.current();
    const [open, holders, pools, all] = await sideBySide([
      () => courses.open(),
      async () => holdersOf('training:teach-own', await units.pathOf(rootUnitId), MOST_INSTRUCTORS),
      () => knownPools(),
      () => units.all(),
    ]);
    const teachers = await memberships.ofPeople(holders.map(({ personId }) => personId));
    const from = addDays(localDate(now, zone), 7);
    return view(
      'training-plans/new',
      newModel({
        i18n,
        locale,
        courses: open.map((row) => ({ value: String(row._id), label: row.title })),
        instructors: teachers.map((row) => ({ value: String(row.personId), label: row.personName })),
        pools: [...pools].map(([value, name]) => ({ value, label: name[locale] })),
        units: all.map((unit) => ({ value: unit.id, label: unit.name[locale] })),
        values: failure?.values ?? {
          from,
          to: addDays(from, 34),
          budget: 20_000,
          hourFee: 200,
          mostEach: 2,
          windows: ['saturday-day', 'saturday-afternoon', 'sunday-day', 'weekday-evening'],
          instructorIds: teachers.map((row) => String(row.personId)),
          courseIds: open.map((row) => String(row._id)),
          'rooms.0.seats': 30,
        },
        issues: failure?.issues ?? [],
      }),
    );
  };
  return [
    route({
      name: 'training-plans/list',
      method: 'get',
      path: '/training-plans',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Plans of training, the latest first.',
      input: { query: planFilter },
      output: planPage,
      async run({ actor, query }) {
        const page = await plans.list(actor, query.limit, query.cursor);
        return { ...page, data: page.data.map((row) => toPlan(row)) };
      },
      page: ({ data, nextCursor }, { query }) =>
        view('training-plans/list', {
          plans: data.map((one) => ({ ...one, href: `/training-plans/${one.id}` })),
          ...pagerOf('/training-plans', query, nextCursor),
          count: data.length,
        }),
    }),
    route({
      name: 'training-plans/new',
      method: 'get',
      path: '/training-plans/new',
      doors: ['page'],
      access: 'training:plan',
      tenant: 'member',
      summary: 'The form that asks for a plan of training.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_none, context) => form(context),
    }),
    route({
      name: 'training-plans/start',
      method: 'post',
      path: '/training-plans',
      access: 'training:plan',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Asks which sessions to hold, when, where and for whom, so that the most urgent gaps close within the budget; made in the background.',
      status: 202,
      input: { body: planBody },
      output: planView,
      run: async ({ account, body }) => toPlan(await plans.start(account, body)),
      page: ({ id }) => seeOther(`/training-plans/${id}`),
      invalid: (failure, context) => form(context, failure),
    }),
  ];
}

function oneRoutes({ plans, memberships, i18n }: TrainingPlanRouteParts): Route[] {
  const step = (
    name: 'solve' | 'cancel',
    path: string,
    summary: string,
    act: TrainingPlanService['cancel'],
  ): Route =>
    route({
      name: `training-plans/${name}`,
      method: 'post',
      path: `/training-plans/:id/${path}`,
      access: 'training:plan',
      tenant: 'member',
      rate: 'heavy',
      summary,
      status: 202,
      input: { params: idParams },
      output: planView,
      run: async ({ account, params }) => viewOf(memberships, await act(account, params.id)),
      page: ({ id }) => seeOther(`/training-plans/${id}`),
      invalid: back,
    });
  return [
    route({
      name: 'training-plans/show',
      method: 'get',
      path: '/training-plans/:id',
      access: 'training:plan',
      tenant: 'member',
      summary:
        'One plan: how far it is, what is missing before and after it, and how near to the best it is.',
      input: { params: idParams, query: watching },
      output: planView,
      run: async ({ actor, params }) => viewOf(memberships, await plans.access(actor, params.id)),
      async page(plan, { actor, params, query, locale, zone }) {
        const row = await plans.access(actor, params.id);
        return view(
          'training-plans/show',
          showModel({ i18n, locale, zone }, plan, await plans.sessionsOf(row), query.watch),
        );
      },
    }),
    route({
      name: 'training-plans/sessions',
      method: 'get',
      path: '/training-plans/:id/sessions',
      doors: ['api'],
      access: 'training:plan',
      tenant: 'member',
      summary: 'Every session of a plan with whom it invites and why.',
      input: { params: idParams },
      output: plannedList,
      run: async ({ actor, params }) => ({
        data: (await plans.sessionsOf(await plans.access(actor, params.id))).map(toPlanned),
        nextCursor: null,
      }),
    }),
    route({
      name: 'training-plans/session',
      method: 'get',
      path: '/training-plans/:id/sessions/:plannedId',
      access: 'training:plan',
      tenant: 'member',
      summary: 'One session of a plan: why there and then, whom it invites and why.',
      input: { params: plannedParams },
      output: plannedView,
      run: async ({ actor, params }) =>
        toPlanned((await plans.accessSession(actor, params.id, params.plannedId)).session),
      async page(planned, { actor, params, locale, zone }) {
        const { plan, session } = await plans.accessSession(actor, params.id, params.plannedId);
        return view('training-plans/session', plannedModel({ i18n, locale, zone }, plan, session, planned));
      },
    }),
    step('solve', 'solve', 'Makes the plan anew with what was pinned, dropped and excluded.', (account, id) =>
      plans.solveAgain(account, id),
    ),
    step('cancel', 'cancel', 'Stops a run that nobody wants any more.', (account, id) =>
      plans.cancel(account, id),
    ),
    route({
      name: 'training-plans/publish',
      method: 'post',
      path: '/training-plans/:id/publication',
      access: 'training:plan',
      tenant: 'member',
      rate: 'heavy',
      summary: 'Announces every session of the plan and asks its people, each once, in the background.',
      status: 202,
      versioned: true,
      input: { params: idParams },
      output: planView,
      run: async ({ account, params, version }) =>
        viewOf(memberships, await plans.publish(account, params.id, version)),
      page: ({ id }) =>
        seeOther(`/training-plans/${id}`, { kind: 'success', key: 'training-plans.did.publishing' }),
      invalid: back,
    }),
  ];
}

function editRoutes({ plans, memberships }: TrainingPlanRouteParts): Route[] {
  return [
    route({
      name: 'training-plans/drop-session',
      method: 'post',
      path: '/training-plans/:id/sessions/:plannedId/removal',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Takes a session out of the plan, and out of every further run.',
      status: 200,
      input: { params: plannedParams },
      output: planView,
      run: async ({ account, params }) =>
        viewOf(memberships, await plans.drop(account, params.id, params.plannedId)),
      page: ({ id }) =>
        seeOther(`/training-plans/${id}`, { kind: 'success', key: 'training-plans.did.dropped' }),
      invalid: back,
    }),
    route({
      name: 'training-plans/pin-session',
      method: 'post',
      path: '/training-plans/:id/sessions/:plannedId/pin',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Keeps a session in every further run, or lets it go again.',
      status: 200,
      input: { params: plannedParams, body: pinBody },
      output: planView,
      run: async ({ account, params, body }) =>
        viewOf(memberships, await plans.pin(account, params.id, params.plannedId, body.pinned)),
      page: (_plan, { params }) => seeOther(`/training-plans/${params.id}/sessions/${params.plannedId}`),
      invalid: back,
    }),
    route({
      name: 'training-plans/move-session',
      method: 'post',
      path: '/training-plans/:id/sessions/:plannedId/move',
      access: 'training:plan',
      tenant: 'member',
      rate: 'heavy',
      summary: 'Puts a session at another time or place, where it stays; the plan is made anew around it.',
      status: 202,
      input: { params: plannedParams, body: moveBody },
      output: planView,
      run: async ({ account, params, body }) =>
        viewOf(memberships, await plans.move(account, params.id, params.plannedId, body)),
      page: ({ id }) => seeOther(`/training-plans/${id}`),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/training-plans/${params.id}/sessions/${params.plannedId}`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    route({
      name: 'training-plans/exclude-person',
      method: 'post',
      path: '/training-plans/:id/exclusions',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Leaves somebody out of this plan, or lets them in again.',
      status: 200,
      input: { params: idParams, body: exclusionBody },
      output: planView,
      run: async ({ account, params, body }) =>
        viewOf(memberships, await plans.exclude(account, params.id, body.personId, body.excluded)),
      page: ({ id }) =>
        seeOther(`/training-plans/${id}`, { kind: 'success', key: 'training-plans.did.excluded' }),
      invalid: back,
    }),
  ];
}
