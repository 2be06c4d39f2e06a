import { z } from 'zod';
import type { AccountActor } from '../../core/actor.ts';
import { can } from '../../core/actor.ts';
import { contextNow } from '../../core/context.ts';
import { localDate } from '../../core/time.ts';
import type { I18n, Typed } from '../../i18n/index.ts';
import { id, idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import {
  appraisalPage,
  appraisalView,
  contestBody,
  correctBody,
  listQuery,
  sheetBody,
  sheetView,
} from './appraisal.schema.ts';
import type { SheetView } from './appraisal.schema.ts';
import type { AppraisalService, Sheet } from './appraisal.service.ts';
import {
  deskModel,
  listModel,
  sheetModel,
  showModel,
  toAppraisalView,
  toSaid,
  toSheet,
} from './appraisal.view.ts';
import type { SheetPlace } from './appraisal.view.ts';

export interface AppraisalRouteParts {
  readonly appraisals: AppraisalService;
  readonly i18n: I18n;
}

const shiftParams = z.strictObject({ shiftId: id });

/** What is said of services after they were given: one's own, a shift's, what is due and what is contested. */
export const appraisalRoutes = (parts: AppraisalRouteParts): Route[] => [
  ...listRoutes(parts),
  ...sheetRoutes(parts),
  ...oneRoutes(parts),
];

function listRoutes({ appraisals, i18n }: AppraisalRouteParts): Route[] {
  return [
    route({
      name: 'appraisals/own',
      method: 'get',
      path: '/appraisals',
      access: 'appraisals:see-own',
      tenant: 'member',
      summary: 'What was said of one’s own services (R-1.12), the latest first; nobody else’s.',
      input: { query: listQuery },
      output: appraisalPage,
      async run({ account, query }) {
        const page = await appraisals.own(account, query.limit, query.cursor);
        return { data: page.data.map(toAppraisalView), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { locale, query }) =>
        view('appraisals/own', listModel({ i18n, locale }, data, { path: '/appraisals', query, nextCursor })),
    }),
    route({
      name: 'appraisals/desk',
      method: 'get',
      path: '/appraisals/desk',
      access: 'appraisals:make',
      tenant: 'member',
      summary:
        'People of whose service something is to be said within ten working days (R-1.13), the soonest due first.',
      input: { query: listQuery },
      output: appraisalPage,
      async run({ account, query }) {
        const page = await appraisals.desk(account, query.limit, query.cursor);
        return { data: page.data.map(toAppraisalView), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { query, zone }) =>
        view(
          'appraisals/desk',
          deskModel(data, localDate(contextNow(), zone), { path: '/appraisals/desk', query, nextCursor }),
        ),
    }),
    route({
      name: 'appraisals/contested',
      method: 'get',
      path: '/appraisals/contested',
      access: 'appraisals:answer',
      tenant: 'member',
      summary: 'What people contest and somebody who did not say it answers, the soonest due first.',
      input: { query: listQuery },
      output: appraisalPage,
      async run({ account, query }) {
        const page = await appraisals.contested(account, query.limit, query.cursor);
        return { data: page.data.map(toAppraisalView), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { locale, query }) =>
        view(
          'appraisals/contested',
          listModel({ i18n, locale }, data, { path: '/appraisals/contested', query, nextCursor }),
        ),
    }),
    route({
      name: 'appraisals/of-member',
      method: 'get',
      path: '/memberships/:id/appraisals',
      access: 'appraisals:see',
      tenant: 'member',
      summary: 'What was said of the services of a member within reach, the latest first.',
      input: { params: idParams, query: listQuery },
      output: appraisalPage.extend({ personName: z.string() }),
      async run({ account, params, query }) {
        const page = await appraisals.ofMember(account, params.id, query.limit, query.cursor);
        return {
          data: page.data.map(toAppraisalView),
          nextCursor: page.nextCursor,
          personName: page.member.personName,
        };
      },
      page: ({ data, nextCursor, personName }, { locale, params, query }) =>
        view('appraisals/of-member', {
          ...listModel({ i18n, locale }, data, {
            path: `/memberships/${params.id}/appraisals`,
            query,
            nextCursor,
          }),
          personName,
          membershipId: params.id,
        }),
    }),
  ];
}

const toSheetView = ({ title, startsAt, endsAt, rows, due }: Sheet): SheetView => ({
  title,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
  data: rows.map(toAppraisalView),
  due: due.map(({ _id }) => String(_id)),
});

/** Which shift a sheet is of, and whether its reader also keeps its list of people. */
const placeOf = (account: AccountActor, { shiftId }: { shiftId: string }): SheetPlace => ({
  shiftId,
  runs: can(account, 'attendance:run'),
});

function sheetRoutes({ appraisals, i18n }: AppraisalRouteParts): Route[] {
  return [
    route({
      name: 'appraisals/sheet',
      method: 'get',
      path: '/shifts/:shiftId/appraisals',
      access: 'appraisals:make',
      tenant: 'member',
      summary: 'Everybody who served on a shift within reach, with what was said of them.',
      input: { params: shiftParams },
      output: sheetView,
      run: async ({ account, params }) => toSheetView(await appraisals.sheet(account, params.shiftId)),
      page: (sheet, { account, params, locale }) =>
        view('appraisals/sheet', sheetModel({ i18n, locale }, placeOf(account, params), sheet)),
    }),
    route({
      name: 'appraisals/make',
      method: 'post',
      path: '/shifts/:shiftId/appraisals',
      access: 'appraisals:make',
      tenant: 'member',
      summary:
        'Says how the service of people of one shift was: of all at once, of each where they differ; never of oneself.',
      input: { params: shiftParams, body: sheetBody },
      output: sheetView,
      async run({ account, params, body }) {
        const { all, lines } = toSheet(body);
        return toSheetView(await appraisals.make(account, params.shiftId, all, lines));
      },
      page: (_sheet, { params }) =>
        seeOther(`/shifts/${params.shiftId}/appraisals`, { kind: 'success', key: 'appraisals.did.made' }),
      async invalid({ issues, values, error }, { account, params, locale }) {
        const shown = issues.length > 0 ? issues : [{ path: 'quality', code: error.code }];
        const sheet = toSheetView(await appraisals.sheet(account, params.shiftId));
        return view(
          'appraisals/sheet',
          sheetModel({ i18n, locale }, placeOf(account, params), sheet, { values, issues: shown }),
        );
      },
    }),
  ];
}

const FIELDS = ['quality', 'completion', 'feedback', 'feedbackText', 'note', 'reason'];

async function showPage(
  { appraisals, i18n }: AppraisalRouteParts,
  appraisalId: string,
  { account, locale }: Pick<RouteContext, 'locale' | 'account'>,
  typed?: Typed,
): Promise<PageResult> {
  const row = await appraisals.access(account, appraisalId);
  const own = String(row.personId) === account.personId;
  return view(
    'appraisals/show',
    showModel(
      { i18n, locale },
      {
        row,
        own,
        can: {
          contest: own && row.state === 'made' && can(account, 'records:speak-own'),
          correct: await appraisals.mayAnswer(account, row),
        },
        ...(typed ? { typed } : {}),
      },
    ),
  );
}

function oneRoutes(parts: AppraisalRouteParts): Route[] {
  const { appraisals } = parts;
  return [
    route({
      name: 'appraisals/show',
      method: 'get',
      path: '/appraisals/:id',
      access: 'appraisals:see-own',
      tenant: 'member',
      summary: 'What was said of one service: of one’s own, or of a member within reach.',
      input: { params: idParams },
      output: appraisalView,
      run: async ({ actor, params }) => toAppraisalView(await appraisals.access(actor, params.id)),
      page: (_one, { params, account, locale }) => showPage(parts, params.id, { account, locale }),
    }),
    route({
      name: 'appraisals/contest',
      method: 'post',
      path: '/appraisals/:id/contest',
      access: 'records:speak-own',
      tenant: 'member',
      summary: 'Says that what was said of one’s own service is wrong; somebody who did not say it answers.',
      status: 200,
      input: { params: idParams, body: contestBody },
      output: appraisalView,
      run: async ({ account, params, body }) =>
        toAppraisalView(await appraisals.contest(account, params.id, body.reason)),
      page: ({ id: appraisalId }) =>
        seeOther(`/appraisals/${appraisalId}`, { kind: 'success', key: 'appraisals.did.contested' }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/appraisals/${params.id}`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    route({
      name: 'appraisals/correct',
      method: 'post',
      path: '/appraisals/:id/correction',
      access: 'appraisals:see',
      tenant: 'member',
      summary:
        'Puts right what was said, or answers what is contested, changed or not, with a reason that the person reads.',
      status: 200,
      input: { params: idParams, body: correctBody },
      output: appraisalView,
      async run({ account, params, body }) {
        const { reason, ...said } = body;
        return toAppraisalView(await appraisals.correct(account, params.id, toSaid(said), reason));
      },
      page: ({ id: appraisalId }) =>
        seeOther(`/appraisals/${appraisalId}`, { kind: 'success', key: 'appraisals.did.corrected' }),
      invalid({ issues, values, error }, { params, account, locale }) {
        if (issues.length > 0 && issues.every(({ path }) => FIELDS.includes(path)))
          return showPage(parts, params.id, { account, locale }, { values, issues });
        return seeOther(`/appraisals/${params.id}`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        });
      },
    }),
  ];
}
