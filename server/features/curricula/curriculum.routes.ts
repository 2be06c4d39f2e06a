import { can, canEverywhere } from '../../core/actor.ts';
import { localDate } from '../../core/time.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, OptionInput } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { empty, idParams } from '../../http/schema.ts';
import { LEARNER_ROLES, trackOfRole } from '../training/index.ts';
import type { CourseService } from '../training/index.ts';
import {
  curriculumBody,
  curriculumFilter,
  curriculumList,
  curriculumView,
  learningView,
  overviewView,
  rolesBody,
} from './curriculum.schema.ts';
import type { CurriculumService } from './curriculum.service.ts';
import { curriculumModel, learningModel, overviewModel } from './curriculum.view.ts';

export interface CurriculumRouteParts {
  readonly curricula: CurriculumService;
  readonly courses: CourseService;
  readonly i18n: I18n;
}

export function curriculumRoutes(parts: CurriculumRouteParts): Route[] {
  return [...ownRoutes(parts), ...listRoutes(parts), ...memberRoutes(parts)];
}

function ownRoutes({ curricula, i18n }: CurriculumRouteParts): Route[] {
  return [
    route({
      name: 'curricula/own',
      method: 'get',
      path: '/curricula/own',
      access: 'training:enrol-own',
      tenant: 'member',
      summary: 'One’s own curricula: each course with where one stands and by when it is to be learned.',
      input: {},
      output: learningView,
      run: ({ account }) => curricula.own(account),
      page: (learning, { locale }) =>
        view('curricula/own', {
          ...learningModel({ i18n, locale }, learning),
          action: '/curricula/own/roles',
        }),
    }),
    route({
      name: 'curricula/choose-own-roles',
      method: 'post',
      path: '/curricula/own/roles',
      access: 'training:enrol-own',
      tenant: 'member',
      summary: 'Says which parts one plays beside what a certificate or a membership tells.',
      status: 200,
      input: { body: rolesBody },
      output: learningView,
      run: ({ account, body }) => curricula.chooseOwn(account, body.roles),
      page: () => seeOther('/curricula/own', { kind: 'success', key: 'curricula.did.roles' }),
      invalid: ({ issues, error }) =>
        seeOther('/curricula/own', { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` }),
    }),
  ];
}

function listRoutes(parts: CurriculumRouteParts): Route[] {
  const { curricula, courses, i18n } = parts;
  const form = async (
    { locale }: Pick<RouteContext, 'locale'>,
    values: Readonly<Record<string, unknown>>,
    failure?: FormFailure,
  ): Promise<PageResult> => {
    const t = i18n.in(locale);
    const made = createForm({
      i18n,
      locale,
      messages: 'curricula.form',
      values: failure?.values ?? values,
      issues: failure?.issues ?? [],
    });
    const role = LEARNER_ROLES.find((one) => one === (failure?.values ?? values)['role']);
    const open = await courses.open();
    const offered = role ? open.filter(({ tracks }) => tracks.includes(trackOfRole(role))) : open;
    const options: OptionInput[] = offered.map((row) => ({ value: String(row._id), label: row.title }));
    return view('curricula/form', {
      role,
      fields: [
        made.select(
          'role',
          LEARNER_ROLES.map((one) => ({ value: one, label: t(`training.role.${one}`) })),
          { required: true },
        ),
        made.input('effectiveFrom', 'date', { required: true, width: 'short' }),
        made.input('withinMonths', 'number', {
          required: true,
          width: 'short',
          min: 1,
          max: 120,
          inputMode: 'numeric',
        }),
        ...(options.length > 0 ? [made.checkboxes('courseIds', options)] : []),
      ],
      errors: made.errors,
    });
  };
  return [
    route({
      name: 'curricula/list',
      method: 'get',
      path: '/curricula',
      access: 'training:see',
      tenant: 'member',
      summary:
        'What each part is to learn: the version in force and those to come; of one part, every version.',
      input: { query: curriculumFilter },
      output: curriculumList,
      run: async ({ query }) => ({ data: await curricula.list(query.role), nextCursor: null }),
      page: ({ data }, { actor, locale, query }) =>
        view('curricula/list', {
          ...curriculumModel({ i18n, locale }, data),
          role: query.role ?? null,
          canPlan: canEverywhere(actor, 'training:plan'),
          canSeeAll: can(actor, 'credits:see'),
        }),
    }),
    route({
      name: 'curricula/new-form',
      method: 'get',
      path: '/curricula/new',
      doors: ['page'],
      access: 'training:plan',
      whole: true,
      tenant: 'member',
      summary: 'The form of a version of a curriculum.',
      input: { query: curriculumFilter },
      output: empty,
      run: async () => ({}),
      page: async (_none, context) => {
        const { role } = context.query;
        const before = role ? (await curricula.list(role)).at(-1) : undefined;
        return form(context, {
          role: role ?? '',
          effectiveFrom: localDate(context.now, context.zone),
          withinMonths: before?.withinMonths ?? 12,
          courseIds: before?.courses.map(({ id }) => id) ?? [],
        });
      },
    }),
    route({
      name: 'curricula/publish',
      method: 'post',
      path: '/curricula',
      access: 'training:plan',
      whole: true,
      tenant: 'member',
      summary: 'Publishes what a part is to learn from a day on; versions before it stay as they were.',
      input: { body: curriculumBody },
      output: curriculumView,
      run: ({ account, body }) => curricula.publish(account, body),
      page: ({ role }) =>
        seeOther(`/curricula?role=${role}`, { kind: 'success', key: 'curricula.did.published' }),
      invalid: (failure, context) => form(context, {}, failure),
    }),
    route({
      name: 'curricula/overview',
      method: 'get',
      path: '/curricula/overview',
      access: 'credits:see',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Both tracks: how many of each part have learned what it asks for. No units, no times, no ranking (R-3.13).',
      input: {},
      output: overviewView,
      run: () => curricula.overview(),
      page: (overview, { actor, locale }) =>
        view('curricula/overview', {
          ...overviewModel({ i18n, locale }, overview),
          canPlan: can(actor, 'training:plan'),
          canPublish: canEverywhere(actor, 'training:plan'),
        }),
    }),
  ];
}

function memberRoutes({ curricula, i18n }: CurriculumRouteParts): Route[] {
  return [
    route({
      name: 'curricula/member',
      method: 'get',
      path: '/memberships/:id/learning',
      access: 'training:plan',
      tenant: 'member',
      summary: 'A member’s curricula, for whoever plans training where they belong.',
      input: { params: idParams },
      output: learningView,
      run: async ({ account, params }) => (await curricula.ofMember(account, params.id)).learning,
      page: (learning, { locale, params }) =>
        view('curricula/member', {
          ...learningModel({ i18n, locale }, learning),
          membershipId: params.id,
          action: `/memberships/${params.id}/learning/roles`,
        }),
    }),
    route({
      name: 'curricula/choose-roles',
      method: 'post',
      path: '/memberships/:id/learning/roles',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Says which parts a member plays.',
      status: 200,
      input: { params: idParams, body: rolesBody },
      output: learningView,
      run: ({ account, params, body }) => curricula.chooseFor(account, params.id, body.roles),
      page: (_learning, { params }) =>
        seeOther(`/memberships/${params.id}/learning`, { kind: 'success', key: 'curricula.did.roles' }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/memberships/${params.id}/learning`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
  ];
}
