import { Types } from 'mongoose';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { localDate, startOfDay } from '../../core/time.ts';
import { sideBySide } from '../../db/transaction.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { idParams, pageOf } from '../../http/schema.ts';
import { toAttachment } from '../attachments/index.ts';
import { DIMENSIONS } from '../credits/index.ts';
import { holdersOf } from '../memberships/index.ts';
import type { MembershipService } from '../memberships/index.ts';
import type { TenantService } from '../tenants/index.ts';
import type { UnitService } from '../units/index.ts';
import type { CourseService } from './course.service.ts';
import type { EnrolmentService } from './enrolment.service.ts';
import type { MaterialService } from './material.routes.ts';
import type { SessionRow } from './session.model.ts';
import type { SessionService } from './session.service.ts';
import { TRACKS } from './training.catalogue.ts';
import {
  courseView,
  reasonBody,
  sessionBody,
  sessionCode,
  sessionDetail,
  sessionFilter,
  sessionPage,
  sessionPatch,
  sessionView,
} from './training.schema.ts';
import type { SessionDetail, SessionView } from './training.schema.ts';
import {
  reasonText,
  sessionAbilities,
  sessionFields,
  sessionRow,
  sessionValues,
  termsOf,
  toCourse,
  toEnrolment,
  toSession,
} from './training.view.ts';

export interface SessionRouteParts {
  readonly courses: CourseService;
  readonly sessions: SessionService;
  readonly enrolments: EnrolmentService;
  readonly materials: MaterialService;
  readonly memberships: MembershipService;
  readonly tenants: TenantService;
  readonly units: UnitService;
  readonly i18n: I18n;
}

/** Instructors that a form offers; a place has few. */
const MOST_INSTRUCTORS = 60;

export function sessionRoutes(parts: SessionRouteParts): Route[] {
  return [...readRoutes(parts), ...formRoutes(parts), ...actionRoutes(parts)];
}

const back = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/sessions/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });

/** Everything a session's page and its API answer say: the reader's own place, and what stands in their way. */
async function detailOf(
  { courses, sessions, enrolments, materials: pictures }: SessionRouteParts,
  actor: AccountActor,
  id: string,
): Promise<{ row: SessionRow; detail: SessionDetail }> {
  const row = await sessions.access(actor, id);
  const [course, own] = await sideBySide([
    () => courses.row(row.courseId),
    () => enrolments.ownIn(actor.personId, row._id),
  ]);
  const obstacles = own ? [] : await enrolments.obstaclesFor(row, actor.personId);
  const [titles, places, deadlines] = await sideBySide([
    () => courses.titles([...course.prerequisites, ...obstacles.flatMap(({ courseIds = [] }) => courseIds)]),
    () => enrolments.placesInLine(own ? [own] : []),
    () => enrolments.deadlines(own ? [own] : []),
  ]);
  const inside =
    sessions.plans(row, actor) || sessions.teaches(row, actor) || (own !== null && enrolments.isSeated(own));
  const { content, materials, prerequisites } = toCourse(course, titles, false);
  const key = String(own?._id);
  return {
    row,
    detail: {
      ...toSession(row, inside),
      content,
      // What is handed out belongs to whoever comes.
      materials: inside ? materials : [],
      pictures: inside ? (await pictures.of(row.courseId)).map(toAttachment) : [],
      prerequisites,
      own: own ? toEnrolment(own, { placeInLine: places.get(key), answerBy: deadlines.get(key) }) : null,
      refusals: obstacles.map(({ code, courseIds = [] }) => ({
        code,
        courses: courseIds.map((one) => titles.get(one) ?? ''),
      })),
      waiting: await enrolments.waitingIn(row._id),
    },
  };
}

function showPage(
  { sessions, i18n }: SessionRouteParts,
  { row, detail }: { row: SessionRow; detail: SessionDetail },
  { account, locale, now, query }: Pick<RouteContext, 'account' | 'locale' | 'now' | 'query'>,
): PageResult {
  const { own, refusals, ...session } = detail;
  const t = i18n.in(locale);
  const abilities = sessionAbilities(account, row, own ? ({ ...own, state: own.state } as never) : null, {
    now,
    refusals: refusals.length,
    plans: sessions.plans(row, account),
    teaches: sessions.teaches(row, account),
  });
  const typed = (query as { code?: string }).code ?? '';
  const form = createForm({ i18n, locale, messages: 'training.come', values: { code: typed } });
  const said = createForm({ i18n, locale, messages: 'training.feedback', values: { rating: own?.rating } });
  const full = session.taken >= session.capacity;
  return view('training/session', {
    ...session,
    ...termsOf({ i18n, locale }, session),
    instructors: session.instructors.join(t('credits.listSeparator')),
    own,
    full,
    signUpLabel: t(
      session.admission === 'approval'
        ? 'training.signUp.apply'
        : full
          ? 'training.signUp.wait'
          : 'training.signUp.now',
    ),
    // That somebody teaches it themselves is no fault of theirs.
    refusals: own
      ? []
      : refusals.map((one) => ({
          text: refusalText(i18n, locale, one),
          told: one.code === 'instructor-of-session',
        })),
    can: abilities,
    codeField: form.input('code', 'text', {
      required: true,
      maxLength: 20,
      autocomplete: 'one-time-code',
      width: 'short',
    }),
    rating: said.radios(
      'rating',
      [5, 4, 3, 2, 1].map((value) => ({ value: String(value), label: t(`training.rating.${value}`) })),
      { required: true },
    ),
    words: said.textarea('text', { rows: 2, maxLength: 500 }),
    reason: own?.reason ?? null,
    why: (own?.why ?? []).map((one) => reasonText({ i18n, locale }, one, session.title)),
  });
}

/** Why somebody cannot sign up, in a sentence. */
export function refusalText(
  i18n: I18n,
  locale: Locale,
  { code, courses }: { code: string; courses: readonly string[] },
): string {
  return i18n.t(locale, `training.refusal.${code}`, {
    courses: courses.join(i18n.t(locale, 'credits.listSeparator')),
  });
}

function readRoutes(parts: SessionRouteParts): Route[] {
  const { sessions, enrolments, i18n } = parts;
  return [
    route({
      name: 'sessions/list',
      method: 'get',
      path: '/sessions',
      access: 'training:see',
      tenant: 'member',
      summary: 'The training calendar: sessions by their start; the page begins today.',
      input: { query: sessionFilter },
      output: sessionPage,
      async run({ actor, query, now, zone, door }) {
        const after = query.from
          ? startOfDay(query.from, zone)
          : door === 'page'
            ? startOfDay(localDate(now, zone), zone)
            : null;
        const page = await sessions.list(actor, { ...query, after }, query.limit, query.cursor);
        return { data: page.data.map((row) => toSession(row)), nextCursor: page.nextCursor };
      },
      page: async ({ data, nextCursor }, { actor, account, locale, query, now, zone }) => {
        const own = await enrolments.statesIn(
          account.personId,
          data.map(({ id }) => new Types.ObjectId(id)),
        );
        const form = createForm({ i18n, locale, messages: 'training.filter', values: query });
        const all = { value: '', label: i18n.t(locale, 'common.word.all') };
        const today = localDate(now, zone);
        const byDay = Map.groupBy(data, (one: SessionView) => localDate(new Date(one.startsAt), zone));
        return view('training/sessions', {
          filter: {
            from: form.input('from', 'date', { width: 'short', required: true }),
            dimension: form.select(
              'dimension',
              [
                all,
                ...DIMENSIONS.map((value) => ({
                  value,
                  label: i18n.t(locale, `credits.dimension.${value}`),
                })),
              ],
              { required: true },
            ),
            track: form.select(
              'track',
              [all, ...TRACKS.map((value) => ({ value, label: i18n.t(locale, `training.track.${value}`) }))],
              { required: true },
            ),
          },
          filtered: Boolean(query.from ?? query.dimension ?? query.track ?? query.courseId),
          days: [...byDay].map(([day, list]) => ({
            day: `${day}T12:00:00Z`,
            isToday: day === today,
            sessions: list.map((one) => sessionRow({ i18n, locale }, one, own.get(one.id) ?? null)),
          })),
          canPlan: can(actor, 'training:plan'),
          month: query.view === 'month',
          calendar: {
            locale: locale === 'zh-CN' ? 'zh-cn' : 'en',
            zone,
            date: query.from ?? today,
            events: data.map((one) => ({
              title: one.title,
              start: one.startsAt,
              end: one.endsAt,
              url: `/sessions/${one.id}`,
            })),
          },
          ...pagerOf('/sessions', query, nextCursor),
          count: data.length,
        });
      },
    }),
    route({
      name: 'sessions/show',
      method: 'get',
      path: '/sessions/:id',
      access: 'training:see',
      tenant: 'member',
      summary:
        'One session: what is learned, where and when, one’s own place in it, and what stands in the way.',
      input: { params: idParams, query: sessionCode },
      output: sessionDetail,
      run: async ({ account, params }) => (await detailOf(parts, account, params.id)).detail,
      page: async (detail, context) =>
        showPage(parts, { row: await sessions.row(context.params.id), detail }, context),
    }),
  ];
}

function formRoutes(parts: SessionRouteParts): Route[] {
  const { courses, sessions, i18n } = parts;
  const form = async (
    context: Pick<RouteContext, 'locale' | 'now' | 'zone'>,
    about: {
      action: string;
      cancel: string;
      title: string;
      version: number | null;
      unitId: string | null;
      courseId: string;
    },
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[] = [],
  ): Promise<PageResult> =>
    view('training/session-form', {
      ...about,
      ...sessionFields(
        { i18n, locale: context.locale },
        {
          ...(await choicesOf(parts, { locale: context.locale, ...about, chosen: values['instructors'] })),
          today: localDate(context.now, context.zone),
          isNew: about.version === null,
        },
        values,
        issues,
      ),
    });
  const aboutNew = (course: { id: string; title: string }) => ({
    action: `/courses/${course.id}/sessions`,
    cancel: `/courses/${course.id}`,
    title: course.title,
    version: null,
    unitId: null,
    courseId: course.id,
  });
  const aboutOld = (row: SessionRow, version: number) => ({
    action: `/sessions/${String(row._id)}`,
    cancel: `/sessions/${String(row._id)}`,
    title: row.title,
    version,
    unitId: String(row.unitId),
    courseId: String(row.courseId),
  });
  return [
    route({
      name: 'sessions/new-form',
      method: 'get',
      path: '/courses/:id/sessions/new',
      doors: ['page'],
      access: 'training:plan',
      tenant: 'member',
      summary: 'The form of a session.',
      input: { params: idParams },
      output: courseView,
      run: async ({ actor, params }) =>
        toCourse(await courses.accessToPlan(actor, params.id), new Map(), true),
      page: (course, context) =>
        form(context, aboutNew(course), {
          startTime: '09:00',
          endTime: '12:00',
          capacity: 30,
          admission: 'direct',
        }),
    }),
    route({
      name: 'sessions/create',
      method: 'post',
      path: '/courses/:id/sessions',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Plans a session, and the same again in later weeks where asked; all are drafts.',
      input: { params: idParams, body: sessionBody },
      output: pageOf(sessionView),
      run: async ({ account, params, body }) => ({
        data: (await sessions.create(account, params.id, body)).map((row) => toSession(row, true)),
        nextCursor: null,
      }),
      page: ({ data }) => {
        const [only] = data;
        return data.length === 1 && only
          ? seeOther(`/sessions/${only.id}`, { kind: 'success', key: 'training.did.planned' })
          : seeOther('/sessions', {
              kind: 'success',
              key: 'training.did.plannedMany',
              params: { count: data.length },
            });
      },
      invalid: async ({ values, issues, error }, context) => {
        const course = toCourse(
          await courses.accessToPlan(context.actor, context.params.id),
          new Map(),
          true,
        );
        return form(
          context,
          aboutNew(course),
          values,
          issues.length > 0 ? issues : [{ path: '', code: error.code }],
        );
      },
    }),
    route({
      name: 'sessions/edit-form',
      method: 'get',
      path: '/sessions/:id/edit',
      doors: ['page'],
      access: 'training:plan',
      tenant: 'member',
      summary: 'The form of a session that is there.',
      input: { params: idParams },
      output: sessionView,
      run: async ({ actor, params }) => toSession(await sessions.accessToPlan(actor, params.id), true),
      page: async ({ id, version }, context) => {
        const row = await sessions.row(id);
        return form(context, aboutOld(row, version), sessionValues(row, context.zone));
      },
    }),
    route({
      name: 'sessions/edit',
      method: 'put',
      path: '/sessions/:id',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Changes a session; whoever has a place moves along and is told.',
      versioned: true,
      input: { params: idParams, body: sessionPatch },
      output: sessionView,
      run: async ({ account, params, body, version }) =>
        toSession(await sessions.edit(account, params.id, body, version), true),
      page: ({ id }) => seeOther(`/sessions/${id}`, { kind: 'success', key: 'training.did.saved' }),
      invalid: async ({ values, issues, error }, context) => {
        const row = await sessions.accessToPlan(context.actor, context.params.id);
        return form(
          context,
          aboutOld(row, context.version ?? row.version),
          values,
          issues.length > 0 ? issues : [{ path: '', code: error.code }],
        );
      },
    }),
  ];
}

/** Units and instructors that a form offers: of these who may teach the course, and whoever is chosen already. */
async function choicesOf(
  { courses, memberships, tenants, units }: SessionRouteParts,
  {
    locale,
    unitId,
    courseId,
    chosen,
  }: { locale: Locale; unitId: string | null; courseId: string; chosen: unknown },
): Promise<{ units: { value: string; label: string }[]; instructors: { value: string; label: string }[] }> {
  const { rootUnitId } = await tenants.current();
  const all = await units.all();
  const holders = await holdersOf(
    'training:teach-own',
    await units.pathOf(unitId ?? rootUnitId),
    MOST_INSTRUCTORS,
  );
  const people = await memberships.ofPeople(holders.map(({ personId }) => personId));
  const named = new Set((await courses.row(courseId)).instructors.map(({ personId }) => String(personId)));
  const already: readonly unknown[] = Array.isArray(chosen) ? chosen : [chosen];
  return {
    units: all.map((unit) => ({ value: unit.id, label: unit.name[locale] })),
    instructors: people
      .map((row) => ({ value: String(row.personId), label: row.personName }))
      .filter(({ value }) => named.size === 0 || named.has(value) || already.includes(value)),
  };
}

function actionRoutes({ sessions }: SessionRouteParts): Route[] {
  return [
    route({
      name: 'sessions/publish',
      method: 'post',
      path: '/sessions/:id/publication',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Announces a draft; its instructors are booked.',
      status: 200,
      input: { params: idParams },
      output: sessionView,
      run: async ({ account, params }) => toSession(await sessions.publish(account, params.id), true),
      page: ({ id }) => seeOther(`/sessions/${id}`, { kind: 'success', key: 'training.did.published' }),
      invalid: back,
    }),
    route({
      name: 'sessions/cancel',
      method: 'post',
      path: '/sessions/:id/cancellation',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Calls a session off with a reason; everybody in it is told.',
      status: 200,
      input: { params: idParams, body: reasonBody },
      output: sessionView,
      run: async ({ account, params, body }) =>
        toSession(await sessions.cancel(account, params.id, body.reason), true),
      page: ({ id }) => seeOther(`/sessions/${id}`, { kind: 'success', key: 'training.did.cancelled' }),
      invalid: back,
    }),
  ];
}
