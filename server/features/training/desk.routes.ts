import { z } from 'zod';
import { createForm } from '../../i18n/index.ts';
import type { I18n } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { idParams } from '../../http/schema.ts';
import type { MembershipService } from '../memberships/index.ts';
import { knownPools } from '../talent-pools/index.ts';
import type { DeskService } from './desk.service.ts';
import { viewsOf } from './enrolment.routes.ts';
import type { EnrolmentRow } from './enrolment.model.ts';
import type { EnrolmentService } from './enrolment.service.ts';
import type { SessionService } from './session.service.ts';
import { meanRating } from './training.rules.ts';
import { assessBody, deskView, enrolmentView, markBody } from './training.schema.ts';
import type { EnrolmentView } from './training.schema.ts';
import { toEnrolment, toSession } from './training.view.ts';

export interface DeskRouteParts {
  readonly sessions: SessionService;
  readonly enrolments: EnrolmentService;
  readonly desk: DeskService;
  readonly memberships: MembershipService;
  readonly i18n: I18n;
}

/** Members that the invitation offers at once; the list of members finds the others. */
const MOST_OFFERED = 60;
const SHOWN_TEXTS = 20;

/** The instructor's desk: who is there, who passed. */
export function deskRoutes(parts: DeskRouteParts): Route[] {
  return [showRoute(parts), ...actRoutes(parts)];
}

function feedbackOf(rows: readonly EnrolmentRow[]): {
  answers: number;
  mean: number | null;
  texts: string[];
} {
  const given = rows.flatMap(({ feedback }) => (feedback ? [feedback] : []));
  return {
    answers: given.length,
    mean: meanRating(given.map(({ rating }) => rating)),
    // Below three answers words would tell whose they are.
    texts:
      given.length < 3
        ? []
        : given
            .map(({ text }) => text)
            .filter((text) => text !== '')
            .sort()
            .slice(0, SHOWN_TEXTS),
  };
}

function showRoute({ sessions, enrolments, desk, memberships, i18n }: DeskRouteParts): Route {
  return route({
    name: 'training/desk',
    method: 'get',
    path: '/sessions/:id/desk',
    access: 'training:teach-own',
    tenant: 'member',
    summary:
      'Everybody of a session, the code to show now, and what was said of it; for its instructors and planners.',
    input: { params: idParams },
    output: deskView,
    async run({ actor, account, params }) {
      const { session, code, secondsLeft } = await desk.currentCode(actor, params.id);
      const rows = await enrolments.inSession(session._id);
      const shown = await viewsOf(enrolments, rows);
      const among = (test: (row: EnrolmentView) => boolean): EnrolmentView[] => shown.filter(test);
      return {
        session: toSession(session, true),
        code,
        secondsLeft,
        people: rows.flatMap((row, at) => {
          const one = shown[at];
          return one && enrolments.isSeated(row)
            ? [{ ...one, own: String(row.personId) === account.personId }]
            : [];
        }),
        waiting: among(({ state }) => ['waitlisted', 'invited'].includes(state)),
        applied: among(({ state }) => state === 'applied'),
        feedback: feedbackOf(rows),
      };
    },
    async page(list, { actor, account, params, locale, publicUrl, now }) {
      const row = await sessions.row(params.id);
      const plans = sessions.plans(row, account);
      const known = new Set(
        [...list.people, ...list.waiting, ...list.applied].map(({ personName }) => personName),
      );
      const members = plans ? (await memberships.members(actor, {}, MOST_OFFERED, undefined)).data : [];
      const form = createForm({ i18n, locale, messages: 'training.invite', values: {} });
      const choices = members
        .filter((one) => one.state === 'approved' && String(one.personId) !== account.personId)
        .filter((one) => !known.has(one.personName))
        .map((one) => ({ value: String(one.personId), label: one.personName }));
      const pools = plans
        ? [...(await knownPools())].map(([value, name]) => ({ value, label: name[locale] }))
        : [];
      const { session } = list;
      return view('training/desk', {
        ...list,
        id: session.id,
        title: session.title,
        startsAt: session.startsAt,
        endsAt: session.endsAt,
        codeUrl: list.code ? `${publicUrl}/sessions/${session.id}?code=${list.code}` : null,
        refreshEvery: `every ${Math.max(5, list.secondsLeft)}s`,
        people: list.people.map((one) => ({
          ...one,
          waiting: !one.own && one.state === 'enrolled',
          absent: !one.own && one.state === 'absent',
          present: !one.own && one.state === 'attended',
          assessable:
            !one.own &&
            ['attended', 'failed', 'passed', 'assessed'].includes(one.state) &&
            row.startsAt <= now,
          scored: session.passMark !== null,
          unposted: !one.own && one.state === 'passed',
        })),
        applied: list.applied.map((one) => ({ ...one, mine: one.personName === account.name })),
        presentCount: list.people.filter(({ state }) => !['enrolled', 'absent'].includes(state)).length,
        completable:
          session.passMark === null &&
          row.startsAt <= now &&
          list.people.some(({ state, own }) => state === 'attended' && !own),
        plans,
        invite:
          plans && row.state === 'published' && row.startsAt > now && choices.length + pools.length > 0
            ? {
                people: choices.length > 0 ? form.checkboxes('personIds', choices) : null,
                pool:
                  pools.length > 0
                    ? form.select('poolId', [
                        { value: '', label: i18n.t(locale, 'training.invite.noPool') },
                        ...pools,
                      ])
                    : null,
              }
            : null,
        mean: list.feedback.mean,
      });
    },
  });
}

function actRoutes({ enrolments, desk }: DeskRouteParts): Route[] {
  const sessionOf = async (id: string, actor: Parameters<EnrolmentService['access']>[0]): Promise<string> =>
    String((await enrolments.access(actor, id)).sessionId);
  return [
    route({
      name: 'training/approve',
      method: 'post',
      path: '/enrolments/:id/approval',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Says yes to an application, never to one’s own: a seat, or a place in line.',
      status: 200,
      input: { params: idParams },
      output: enrolmentView,
      run: async ({ account, params }) => toEnrolment(await enrolments.approve(account, params.id)),
      page: ({ sessionId }) =>
        seeOther(`/sessions/${sessionId}/desk`, { kind: 'success', key: 'training.did.approved' }),
      invalid: async ({ issues, error }, { params, actor }) =>
        seeOther(`/sessions/${await sessionOf(params.id, actor)}/desk`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    route({
      name: 'training/mark',
      method: 'post',
      path: '/enrolments/:id/attendance',
      access: 'training:teach-own',
      tenant: 'member',
      summary: 'The list: somebody was there or was not; nobody notes themselves.',
      status: 200,
      input: { params: idParams, body: markBody },
      output: enrolmentView,
      run: async ({ account, params, body }) => toEnrolment(await desk.mark(account, params.id, body.mark)),
      page: ({ sessionId }) =>
        seeOther(`/sessions/${sessionId}/desk`, { kind: 'success', key: 'training.did.noted' }),
      invalid: async ({ issues, error }, { params, actor }) =>
        seeOther(`/sessions/${await sessionOf(params.id, actor)}/desk`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    route({
      name: 'training/assess',
      method: 'post',
      path: '/enrolments/:id/assessment',
      access: 'training:teach-own',
      tenant: 'member',
      summary: 'The result of somebody else; what was passed is posted as credit hours in the same step.',
      status: 200,
      input: { params: idParams, body: assessBody },
      output: enrolmentView,
      run: async ({ account, params, body }) => toEnrolment(await desk.assess(account, params.id, body)),
      page: ({ sessionId, state }) =>
        seeOther(`/sessions/${sessionId}/desk`, { kind: 'success', key: `training.did.${state}` }),
      invalid: async ({ issues, error }, { params, actor }) =>
        seeOther(`/sessions/${await sessionOf(params.id, actor)}/desk`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    route({
      name: 'training/post-again',
      method: 'post',
      path: '/enrolments/:id/posting',
      access: 'training:teach-own',
      tenant: 'member',
      summary: 'Posts what was passed and not posted because the person had claimed the same.',
      status: 200,
      input: { params: idParams },
      output: enrolmentView,
      run: async ({ account, params }) => toEnrolment(await desk.postAgain(account, params.id)),
      page: ({ sessionId }) =>
        seeOther(`/sessions/${sessionId}/desk`, { kind: 'success', key: 'training.did.credited' }),
      invalid: async ({ issues, error }, { params, actor }) =>
        seeOther(`/sessions/${await sessionOf(params.id, actor)}/desk`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    route({
      name: 'training/complete',
      method: 'post',
      path: '/sessions/:id/completion',
      access: 'training:teach-own',
      tenant: 'member',
      summary:
        'Everybody who was there has learned it, where nothing more is asked; their credit hours are posted.',
      status: 200,
      input: { params: idParams },
      output: z.object({ count: z.number() }),
      run: ({ account, params }) => desk.complete(account, params.id),
      page: ({ count }, { params }) =>
        seeOther(`/sessions/${params.id}/desk`, {
          kind: 'success',
          key: 'training.did.completed',
          params: { count },
        }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/sessions/${params.id}/desk`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
  ];
}
