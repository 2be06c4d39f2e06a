import { can } from '../../core/actor.ts';
import { Invalid } from '../../core/errors.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { I18n } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route } from '../../http/route.ts';
import { idParams } from '../../http/schema.ts';
import { certifiedIn, knownPools } from '../talent-pools/index.ts';
import type { EnrolmentRow } from './enrolment.model.ts';
import type { DeskService } from './desk.service.ts';
import type { EnrolmentService } from './enrolment.service.ts';
import type { SessionService } from './session.service.ts';
import {
  codeBody,
  enrolmentView,
  feedbackBody,
  inviteBody,
  inviteOutcome,
  optionalReason,
  ownEnrolments,
  ownFilter,
} from './training.schema.ts';
import type { EnrolmentView } from './training.schema.ts';
import { termsOf, toEnrolment, toSession } from './training.view.ts';

export interface EnrolmentRouteParts {
  readonly sessions: SessionService;
  readonly enrolments: EnrolmentService;
  readonly desk: DeskService;
  readonly i18n: I18n;
}

export function enrolmentRoutes(parts: EnrolmentRouteParts): Route[] {
  return [...ownRoutes(parts), ...signUpRoutes(parts), ...answerRoutes(parts)];
}

/** Rows as outsiders read them: the place in line and the deadline of an answer beside them. */
export async function viewsOf(
  enrolments: EnrolmentService,
  rows: readonly EnrolmentRow[],
): Promise<EnrolmentView[]> {
  const [places, deadlines] = await sideBySide([
    () => enrolments.placesInLine(rows),
    () => enrolments.deadlines(rows),
  ]);
  return rows.map((row) =>
    toEnrolment(row, { placeInLine: places.get(String(row._id)), answerBy: deadlines.get(String(row._id)) }),
  );
}
const viewOf = async (enrolments: EnrolmentService, row: EnrolmentRow): Promise<EnrolmentView> =>
  (await viewsOf(enrolments, [row]))[0] as EnrolmentView;

function ownRoutes({ sessions, enrolments, i18n }: EnrolmentRouteParts): Route[] {
  return [
    route({
      name: 'training/list-own',
      method: 'get',
      path: '/training',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'One’s own training, newest first: invitations, places, results (R-1.10).',
      input: { query: ownFilter },
      output: ownEnrolments,
      async run({ account, query }) {
        const page = await enrolments.listOwn(account, query.limit, query.cursor);
        const rows = new Map(
          (await sessions.rows(page.data.map((row) => row.sessionId))).map((row) => [String(row._id), row]),
        );
        const shown = await viewsOf(enrolments, page.data);
        return {
          data: shown.flatMap((one, at) => {
            const session = rows.get(one.sessionId);
            const row = page.data[at];
            return session && row ? [{ ...one, session: toSession(session, enrolments.isSeated(row)) }] : [];
          }),
          nextCursor: page.nextCursor,
        };
      },
      page: async ({ data, nextCursor }, { account, locale, query, now }) => {
        const words = data.map((one) => ({
          ...one,
          title: one.session.title,
          place: one.session.place.label,
          host: one.session.host,
          minutes: one.session.minutes,
          dimension: termsOf({ i18n, locale }, one.session).dimension,
        }));
        const ahead = (one: EnrolmentView): boolean =>
          new Date(one.endsAt) > now && one.state !== 'cancelled';
        const taught = await sessions.taughtBy(account.personId, new Date(now.getTime() - 14 * 86_400_000));
        return view('training/own', {
          mayBegin: can(account, 'training:enrol-own'),
          invited: words.filter((one) => one.state === 'invited'),
          ahead: words.filter((one) => ahead(one) && one.state !== 'invited').reverse(),
          past: words.filter((one) => !ahead(one) && one.state !== 'invited'),
          taught: taught.map((row) => ({
            id: String(row._id),
            title: row.title,
            startsAt: row.startsAt.toISOString(),
            endsAt: row.endsAt.toISOString(),
            place: row.place.label,
            taken: row.taken,
            capacity: row.capacity,
            state: row.state === 'published' ? null : row.state,
          })),
          empty: data.length === 0 && taught.length === 0,
          ...pagerOf('/training', query, nextCursor),
          count: data.length,
        });
      },
    }),
  ];
}

/** More than one room seats: of a larger pool the first are asked. */
const MOST_INVITED = 500;

/** Who is asked: these people, and those of a pool. @throws Invalid when that is nobody */
async function invitedBy(body: { personIds: readonly string[]; poolId: string }): Promise<string[]> {
  if (body.poolId !== '' && !(await knownPools()).has(body.poolId))
    throw Invalid.field('poolId', 'not-a-choice');
  const ofPool = body.poolId === '' ? [] : await certifiedIn([body.poolId], MOST_INVITED);
  const all = [...new Set([...body.personIds, ...ofPool])];
  if (all.length === 0) throw Invalid.field('personIds', 'required');
  return all;
}

const backToSession = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/sessions/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });

function signUpRoutes({ enrolments, desk }: EnrolmentRouteParts): Route[] {
  return [
    route({
      name: 'training/sign-up',
      method: 'post',
      path: '/sessions/:id/enrolments',
      access: 'training:enrol-own',
      tenant: 'member',
      summary:
        'Signs up: a seat, a place in line where there is none, or a question where an officer decides.',
      queue: ({ id }) => `session:${id}`,
      input: { params: idParams },
      output: enrolmentView,
      run: async ({ account, params }) => viewOf(enrolments, await enrolments.signUp(account, params.id)),
      page: ({ sessionId, state }) =>
        seeOther(`/sessions/${sessionId}`, { kind: 'success', key: `training.did.${state}` }),
      invalid: backToSession,
    }),
    route({
      name: 'training/invite',
      method: 'post',
      path: '/sessions/:id/invitations',
      access: 'training:plan',
      tenant: 'member',
      summary: 'Asks members to come, each with a deadline; nobody is enrolled who does not say yes.',
      status: 200,
      input: { params: idParams, body: inviteBody },
      output: inviteOutcome,
      run: async ({ account, params, body }) => ({
        data: await enrolments.invite(account, params.id, await invitedBy(body), body.note),
      }),
      page: ({ data }, { params }) =>
        seeOther(`/sessions/${params.id}/desk`, {
          kind: 'success',
          key: 'training.did.invitedMany',
          params: { count: data.filter((one) => one.refusal === null).length },
        }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/sessions/${params.id}/desk`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    route({
      name: 'training/come',
      method: 'post',
      path: '/sessions/:id/attendance',
      access: 'training:enrol-own',
      tenant: 'member',
      summary: 'The code that is shown at the place: one is there.',
      status: 200,
      input: { params: idParams, body: codeBody },
      output: enrolmentView,
      run: async ({ account, params, body }) =>
        viewOf(enrolments, await desk.comeWithCode(account, params.id, body.code)),
      page: ({ sessionId }) =>
        seeOther(`/sessions/${sessionId}`, { kind: 'success', key: 'training.did.attended' }),
      invalid: backToSession,
    }),
  ];
}

function answerRoutes({ enrolments, desk }: EnrolmentRouteParts): Route[] {
  const step = (
    name: 'accept' | 'decline' | 'cancel',
    path: string,
    summary: string,
    access: 'training:enrol-own' | 'memberships:step-back-own',
    act: (
      account: Parameters<EnrolmentService['cancel']>[0],
      id: string,
      reason: string,
    ) => Promise<EnrolmentRow>,
  ): Route =>
    route({
      name: `training/${name}`,
      method: 'post',
      path: `/enrolments/:id/${path}`,
      access,
      tenant: 'member',
      summary,
      status: 200,
      input: { params: idParams, body: optionalReason },
      output: enrolmentView,
      run: async ({ account, params, body }) =>
        viewOf(enrolments, await act(account, params.id, body.reason)),
      page: ({ sessionId, state }, { account }) =>
        seeOther(can(account, 'training:see') ? `/sessions/${sessionId}` : '/training', {
          kind: 'success',
          key: `training.did.${state}`,
        }),
      invalid: ({ issues, error }) =>
        seeOther('/training', { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` }),
    });
  return [
    step(
      'accept',
      'acceptance',
      'Says yes to an invitation; everything is judged anew.',
      'training:enrol-own',
      (account, id) => enrolments.accept(account, id),
    ),
    step(
      'decline',
      'refusal',
      'Says no to an invitation.',
      'memberships:step-back-own',
      (account, id, reason) => enrolments.decline(account, id, reason),
    ),
    step(
      'cancel',
      'cancellation',
      'Calls it off; the seat goes to the first in line.',
      'memberships:step-back-own',
      (account, id, reason) => enrolments.cancel(account, id, reason),
    ),
    route({
      name: 'training/give-feedback',
      method: 'post',
      path: '/enrolments/:id/feedback',
      access: 'training:enrol-own',
      tenant: 'member',
      summary: 'What whoever was there says of the session; shown without a name.',
      status: 200,
      input: { params: idParams, body: feedbackBody },
      output: enrolmentView,
      run: async ({ account, params, body }) =>
        viewOf(enrolments, await desk.giveFeedback(account, params.id, body)),
      page: ({ sessionId }) =>
        seeOther(`/sessions/${sessionId}`, { kind: 'success', key: 'training.did.feedback' }),
      invalid: ({ issues, error }) =>
        seeOther('/training', { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` }),
    }),
  ];
}
