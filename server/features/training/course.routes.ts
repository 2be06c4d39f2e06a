import { can, canEverywhere } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import { empty, idParams } from '../../http/schema.ts';
import { ACCEPTED_FILES, toAttachment } from '../attachments/index.ts';
import type { CourseRow } from './course.model.ts';
import type { CourseService } from './course.service.ts';
import type { MaterialService } from './material.routes.ts';
import type { SessionService } from './session.service.ts';
import { courseBody, courseFilter, coursePage, courseStateBody, courseView } from './training.schema.ts';
import type { CourseView } from './training.schema.ts';
import { courseFields, courseValues, sessionRow, termsOf, toCourse, toSession } from './training.view.ts';

export interface CourseRouteParts {
  readonly courses: CourseService;
  readonly sessions: SessionService;
  readonly materials: MaterialService;
  readonly i18n: I18n;
}

/** Sessions of a course that its page shows. */
const NEXT_SESSIONS = 10;

export function courseRoutes(parts: CourseRouteParts): Route[] {
  return [...readRoutes(parts), ...writeRoutes(parts)];
}

/** Rows with the titles of what must be learned before. */
async function viewsOf(
  courses: CourseService,
  rows: readonly CourseRow[],
  actor: Actor,
): Promise<CourseView[]> {
  const titles = await courses.titles(rows.flatMap((row) => row.prerequisites));
  return rows.map((row) => toCourse(row, titles, can(actor, 'training:plan')));
}
const viewOf = async (courses: CourseService, row: CourseRow, actor: Actor): Promise<CourseView> =>
  (await viewsOf(courses, [row], actor))[0] as CourseView;

function readRoutes({ courses, sessions, materials, i18n }: CourseRouteParts): Route[] {
  return [
    route({
      name: 'courses/list',
      method: 'get',
      path: '/courses',
      access: 'training:see',
      tenant: 'member',
      summary: 'The catalogue by title: what is taught, for whom, how long it is.',
      input: { query: courseFilter },
      output: coursePage,
      async run({ actor, query }) {
        const page = await courses.list(actor, query.limit, query.cursor);
        return { data: await viewsOf(courses, page.data, actor), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { actor, locale, query }) =>
        view('training/courses', {
          courses: data.map((one) => ({
            ...one,
            ...termsOf({ i18n, locale }, one),
            state: one.state === 'open' ? null : one.state,
          })),
          canPlan: canEverywhere(actor, 'training:plan'),
          ...pagerOf('/courses', query, nextCursor),
          count: data.length,
        }),
    }),
    route({
      name: 'courses/show',
      method: 'get',
      path: '/courses/:id',
      access: 'training:see',
      tenant: 'member',
      summary: 'One course: content, materials, what must be learned before.',
      input: { params: idParams },
      output: courseView,
      run: async ({ actor, params }) => viewOf(courses, await courses.access(actor, params.id), actor),
      async page(course, { actor, locale, now }) {
        const { data } = await sessions.list(
          actor,
          { after: now, courseId: course.id },
          NEXT_SESSIONS,
          undefined,
        );
        const plans = canEverywhere(actor, 'training:plan');
        const upload = createForm({ i18n, locale, messages: 'training.pictures' });
        return view('training/course', {
          ...course,
          ...termsOf({ i18n, locale }, course),
          teachers: course.instructors.map(({ name }) => name).join(i18n.t(locale, 'credits.listSeparator')),
          pictures: plans
            ? (await materials.of((await courses.access(actor, course.id))._id)).map(toAttachment)
            : [],
          pictureField: upload.input('file', 'file', { required: true, accept: ACCEPTED_FILES }),
          labelField: upload.input('title', 'text', {
            label: i18n.t(locale, 'training.pictures.what'),
            maxLength: 80,
          }),
          sessions: data.map((row) => sessionRow({ i18n, locale }, toSession(row), null)),
          can: {
            edit: plans,
            open: plans && course.state !== 'open',
            retire: plans && course.state !== 'retired',
            schedule: plans && course.state === 'open',
          },
        });
      },
    }),
  ];
}

function writeRoutes({ courses, i18n }: CourseRouteParts): Route[] {
  const form = async (
    { locale }: Pick<RouteContext, 'locale'>,
    course: {
      id: string;
      version: number;
      title: string;
      instructors: readonly { readonly personId: string; readonly name: string }[];
    } | null,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[] = [],
  ): Promise<PageResult> => {
    const others = (await courses.open()).filter((one) => String(one._id) !== course?.id);
    // Whoever is named already keeps a tick, also without the role by now.
    const choices = new Map([
      ...(await courses.instructors()).map((one) => [String(one.personId), one.personName] as const),
      ...(course?.instructors ?? []).map(({ personId, name }) => [personId, name] as const),
    ]);
    const instructors = [...choices].map(([value, label]) => ({ value, label }));
    return view('training/course-form', {
      course,
      action: course ? `/courses/${course.id}` : '/courses',
      cancel: course ? `/courses/${course.id}` : '/courses',
      ...courseFields({ i18n, locale }, { others, instructors }, values, issues),
    });
  };
  return [
    route({
      name: 'courses/new-form',
      method: 'get',
      path: '/courses/new',
      doors: ['page'],
      access: 'training:plan',
      whole: true,
      tenant: 'member',
      summary: 'The form of a course.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: (_nothing, context) => form(context, null, { minutes: 180 }),
    }),
    route({
      name: 'courses/create',
      method: 'post',
      path: '/courses',
      access: 'training:plan',
      whole: true,
      tenant: 'member',
      summary: 'Adds a course as a draft.',
      input: { body: courseBody },
      output: courseView,
      run: async ({ account, body }) => viewOf(courses, await courses.create(account, body), account),
      page: ({ id }) => seeOther(`/courses/${id}`, { kind: 'success', key: 'training.did.saved' }),
      invalid: ({ values, issues, error }, context) =>
        form(context, null, values, issues.length > 0 ? issues : [{ path: '', code: error.code }]),
    }),
    route({
      name: 'courses/edit-form',
      method: 'get',
      path: '/courses/:id/edit',
      doors: ['page'],
      access: 'training:plan',
      whole: true,
      tenant: 'member',
      summary: 'The form of a course that is there.',
      input: { params: idParams },
      output: courseView,
      run: async ({ actor, params }) => viewOf(courses, await courses.accessToPlan(actor, params.id), actor),
      page: (course, context) => form(context, course, courseValues(course)),
    }),
    route({
      name: 'courses/edit',
      method: 'put',
      path: '/courses/:id',
      access: 'training:plan',
      whole: true,
      tenant: 'member',
      summary: 'Changes a course; sessions that were announced keep their terms.',
      versioned: true,
      input: { params: idParams, body: courseBody },
      output: courseView,
      run: async ({ account, params, body, version }) =>
        viewOf(courses, await courses.edit(account, params.id, body, version), account),
      page: ({ id }) => seeOther(`/courses/${id}`, { kind: 'success', key: 'training.did.saved' }),
      invalid: async ({ values, issues, error }, context) => {
        const row = await courses.accessToPlan(context.actor, context.params.id);
        const { id, version, title, instructors } = toCourse(row, new Map(), true);
        return form(
          context,
          { id, version: context.version ?? version, title, instructors },
          values,
          issues.length > 0 ? issues : [{ path: '', code: error.code }],
        );
      },
    }),
    route({
      name: 'courses/move',
      method: 'post',
      path: '/courses/:id/state',
      access: 'training:plan',
      whole: true,
      tenant: 'member',
      summary: 'Opens a course for sessions, or takes it out of the catalogue.',
      status: 200,
      input: { params: idParams, body: courseStateBody },
      output: courseView,
      run: async ({ account, params, body }) =>
        viewOf(courses, await courses.move(account, params.id, body.to), account),
      page: ({ id }) => seeOther(`/courses/${id}`, { kind: 'success', key: 'training.did.saved' }),
      invalid: ({ error, issues }, { params }) =>
        seeOther(`/courses/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` }),
    }),
  ];
}
