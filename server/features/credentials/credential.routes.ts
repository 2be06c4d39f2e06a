import { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import { localDate } from '../../core/time.ts';
import { contextNow } from '../../core/context.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { sideBySide } from '../../db/transaction.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { pagerOf } from '../../http/paging.ts';
import { DEFAULT_LIMIT, paging } from '../../http/schema.ts';
import { toAttachment } from '../attachments/index.ts';
import {
  appealBody,
  claimBody,
  credentialDetail,
  credentialPage,
  credentialView,
  deskFilter,
  idParams,
  registerBody,
  renewalBody,
  reviewBody,
  standingBody,
} from './credential.schema.ts';
import type { CredentialService } from './credential.service.ts';
import type { CredentialTypeService } from './credential-type.service.ts';
import { claimFields, rowModel, showModel, toRegister, toView } from './credential.view.ts';
import { scanRoutes } from './scan.routes.ts';
import { typeRoutes } from './credential-type.routes.ts';

export interface CredentialRouteParts {
  readonly credentials: CredentialService;
  readonly types: CredentialTypeService;
  readonly i18n: I18n;
}

/** Forms on the certificate's own page tell their fault there. */
const back = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
  seeOther(`/credentials/${params.id}`, { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });

const noted = ({ id }: { id: string }): PageResult =>
  seeOther(`/credentials/${id}`, { kind: 'success', key: 'credentials.reviewed' });

export function credentialRoutes(parts: CredentialRouteParts): Route[] {
  return [
    ...ownRoutes(parts),
    ...typeRoutes(parts),
    ...deskRoutes(parts),
    ...standingRoutes(parts),
    ...scanRoutes(parts),
  ];
}

function ownRoutes({ credentials, types, i18n }: CredentialRouteParts): Route[] {
  const ownModel = async (
    { account, locale }: { account: AccountActor; locale: Locale },
    query: { readonly limit: number; readonly cursor?: string | undefined },
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
  ): Promise<object> => {
    const catalogue = await types.all();
    const own = await credentials.own(account, query.limit, query.cursor);
    return {
      credentials: own.data.map((row) => rowModel({ i18n, locale }, toView(row), catalogue)),
      ...pagerOf('/credentials', query, own.nextCursor),
      count: own.data.length,
      // Whoever is suspended reads what is recorded of them, and begins nothing.
      mayBegin: can(account, 'credentials:claim-own'),
      ...claimFields({ i18n, locale }, catalogue, { values, issues }),
    };
  };
  return [
    route({
      name: 'credentials/list-own',
      method: 'get',
      path: '/credentials',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'One’s own certificates, as this organisation has seen them, newest first.',
      input: { query: z.strictObject(paging) },
      output: credentialPage,
      async run({ account, query }) {
        const { data, nextCursor } = await credentials.own(account, query.limit, query.cursor);
        return { data: data.map(toView), nextCursor };
      },
      page: async (_output, context) =>
        view('credentials/list', await ownModel(context, context.query, {}, [])),
    }),
    route({
      name: 'credentials/claim',
      method: 'post',
      path: '/credentials',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary:
        'States a certificate of a type of the catalogue (by default a social worker’s); two officers verify it.',
      input: { body: claimBody },
      output: credentialView,
      run: async ({ account, body }) => toView(await credentials.claim(account, body)),
      page: ({ id }) => seeOther(`/credentials/${id}`, { kind: 'success', key: 'credentials.claimed' }),
      invalid: async ({ issues, values }, context) =>
        view('credentials/list', await ownModel(context, { limit: DEFAULT_LIMIT }, values, issues)),
    }),
    route({
      name: 'credentials/correct',
      method: 'post',
      path: '/credentials/:id/correction',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'Mends a statement that was sent back, or that nobody has looked at yet.',
      status: 200,
      input: { params: idParams, body: claimBody },
      output: credentialView,
      run: async ({ account, params, body }) => toView(await credentials.correct(account, params.id, body)),
      page: ({ id }) => seeOther(`/credentials/${id}`, { kind: 'success', key: 'credentials.claimed' }),
      invalid: back,
    }),
    route({
      name: 'credentials/renew',
      method: 'post',
      path: '/credentials/:id/renewal',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary:
        'Hands in the certificate that follows one’s own within its window; the old one stays until it is verified.',
      input: { params: idParams, body: renewalBody },
      output: credentialView,
      run: async ({ account, params, body }) => toView(await credentials.renew(account, params.id, body)),
      page: ({ id }) => seeOther(`/credentials/${id}`, { kind: 'success', key: 'credentials.claimed' }),
      invalid: back,
    }),
    route({
      name: 'credentials/appeal',
      method: 'post',
      path: '/credentials/:id/appeal',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'Contests a rejection, once; a reviewer who has not spoken on it answers.',
      status: 200,
      input: { params: idParams, body: appealBody },
      output: credentialView,
      run: async ({ account, params, body }) =>
        toView(await credentials.appeal(account, params.id, body.reason)),
      page: ({ id }) => seeOther(`/credentials/${id}`, { kind: 'success', key: 'credentials.appealed' }),
      invalid: back,
    }),
  ];
}

function deskRoutes({ credentials, types, i18n }: CredentialRouteParts): Route[] {
  const enterForm = async (
    { actor, params, locale }: Pick<RouteContext<{ id: string }>, 'actor' | 'params' | 'locale'>,
    typed?: Parameters<typeof claimFields>[2],
  ): Promise<PageResult> => {
    const { personName } = await credentials.accessMember(actor, params.id);
    return view('credentials/enter', {
      membershipId: params.id,
      personName,
      ...claimFields({ i18n, locale }, await types.all(), typed),
    });
  };
  return [
    route({
      name: 'credentials/desk',
      method: 'get',
      path: '/credentials/reviews',
      access: 'people:see',
      tenant: 'member',
      summary:
        'Certificates that wait for the actor’s first or final word or an answer to an appeal, oldest first.',
      input: { query: deskFilter },
      output: credentialPage,
      async run({ account, query }) {
        const page = await credentials.desk(account, query.limit, query.cursor);
        return { data: page.data.map(toView), nextCursor: page.nextCursor };
      },
      page: async ({ data, nextCursor }, { locale, query }) => {
        const catalogue = await types.all();
        return view('credentials/desk', {
          credentials: data.map((one) => rowModel({ i18n, locale }, one, catalogue)),
          ...pagerOf('/credentials/reviews', query, nextCursor),
          count: data.length,
        });
      },
    }),
    route({
      name: 'credentials/show',
      method: 'get',
      path: '/credentials/:id',
      access: 'memberships:step-back-own',
      tenant: 'member',
      summary: 'One certificate: one’s own, or one to review.',
      input: { params: idParams },
      output: credentialDetail,
      async run({ actor, params }) {
        const row = await credentials.access(actor, params.id);
        const type = (await types.all()).get(row.type);
        return {
          ...toView(row),
          scans: (await credentials.scans.of(row)).map(toAttachment),
          register: toRegister(row, type),
        };
      },
      async page(_one, { actor, account, params, locale, zone }: RouteContext<{ id: string }>) {
        const row = await credentials.access(actor, params.id);
        const [scans, catalogue, unitId] = await sideBySide([
          () => credentials.scans.of(row),
          () => types.all(),
          () => credentials.unitOf(row),
        ]);
        const today = localDate(contextNow(), zone);
        return view(
          'credentials/show',
          showModel({ i18n, locale }, { row, scans, types: catalogue, unitId, today }, account),
        );
      },
    }),
    route({
      name: 'credentials/review',
      method: 'post',
      path: '/credentials/:id/review',
      access: 'people:see',
      tenant: 'member',
      summary:
        'The first or the final word, or the answer to an appeal; never two by one officer, never on one’s own.',
      status: 200,
      input: { params: idParams, body: reviewBody },
      output: credentialView,
      run: async ({ account, params, body }) => toView(await credentials.review(account, params.id, body)),
      page: () => seeOther('/credentials/reviews', { kind: 'success', key: 'credentials.reviewed' }),
      invalid: back,
    }),
    route({
      name: 'credentials/enter',
      method: 'post',
      path: '/memberships/:id/credentials',
      access: 'credentials:review',
      tenant: 'member',
      summary:
        'States a certificate or a check of a member that the officer has seen: the first word; somebody else has the final one.',
      input: { params: idParams, body: claimBody },
      output: credentialView,
      run: async ({ account, params, body }) => toView(await credentials.enter(account, params.id, body)),
      page: noted,
      invalid: ({ issues, values }, context) => enterForm(context, { values, issues }),
    }),
    route({
      name: 'credentials/enter-form',
      method: 'get',
      path: '/memberships/:id/credentials/new',
      doors: ['page'],
      access: 'credentials:review',
      tenant: 'member',
      summary: 'The form for a member’s certificate that an officer has seen.',
      input: { params: idParams },
      output: credentialPage,
      async run({ actor, params }) {
        await credentials.accessMember(actor, params.id);
        return { data: [], nextCursor: null };
      },
      page: (_none, context) => enterForm(context),
    }),
  ];
}

function standingRoutes({ credentials }: CredentialRouteParts): Route[] {
  return [
    route({
      name: 'credentials/change-standing',
      method: 'post',
      path: '/credentials/:id/standing',
      access: 'credentials:decide',
      tenant: 'member',
      summary:
        'Suspends a verified certificate, lets it count again or takes it back; places that need it are re-offered at once.',
      status: 200,
      input: { params: idParams, body: standingBody },
      output: credentialView,
      run: async ({ account, params, body }) =>
        toView(await credentials.changeStanding(account, params.id, body)),
      page: noted,
      invalid: back,
    }),
    route({
      name: 'credentials/note-register',
      method: 'post',
      path: '/credentials/:id/register',
      access: 'credentials:review',
      tenant: 'member',
      summary:
        'Notes what the national register of social workers shows of the holder, and when it was looked up.',
      status: 200,
      input: { params: idParams, body: registerBody },
      output: credentialView,
      run: async ({ account, params, body }) =>
        toView(await credentials.noteRegister(account, params.id, body)),
      page: noted,
      invalid: back,
    }),
  ];
}
