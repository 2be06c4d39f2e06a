import type { z } from 'zod';
import { can } from '../../core/actor.ts';
import type { AccountActor } from '../../core/actor.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route, RouteContext } from '../../http/route.ts';
import { pagerOf } from '../../http/paging.ts';
import { SOCIAL_WORKER_LEVELS } from './credential.model.ts';
import type { CredentialRow } from './credential.model.ts';
import {
  claimBody,
  credentialDetail,
  credentialPage,
  credentialView,
  deskFilter,
  idParams,
  reviewBody,
} from './credential.schema.ts';
import { scanRoutes, toScan } from './scan.routes.ts';
import type { CredentialView } from './credential.schema.ts';
import type { CredentialService } from './credential.service.ts';

export interface CredentialRouteParts {
  readonly credentials: CredentialService;
  readonly i18n: I18n;
}

const toView = (row: CredentialRow): CredentialView => ({
  id: String(row._id),
  version: row.version,
  state: row.state,
  personName: row.personName,
  membershipId: String(row.membershipId),
  type: row.type,
  level: row.level,
  number: row.number,
  issuer: row.issuer,
  issuedOn: row.issuedOn,
  validFrom: row.validFrom,
  validTo: row.validTo,
  reason: row.history.at(-1)?.reason ?? null,
});

export function credentialRoutes({ credentials, i18n }: CredentialRouteParts): Route[] {
  const fieldsOf = (
    locale: Locale,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
  ) => {
    const form = createForm({ i18n, locale, messages: 'credentials.form', values, issues });
    const fields = {
      level: form.select(
        'level',
        SOCIAL_WORKER_LEVELS.map((level) => ({
          value: level,
          label: i18n.t(locale, `matching.credentialLevel.${level}`),
        })),
        { required: true },
      ),
      number: form.input('number', 'text', { required: true, maxLength: 40 }),
      issuer: form.input('issuer', 'text', { maxLength: 60 }),
      issuedOn: form.input('issuedOn', 'date', { required: true, width: 'short' }),
      validFrom: form.input('validFrom', 'date', { required: true, width: 'short' }),
    };
    return { fields, errors: form.errors };
  };
  const ownModel = async (
    { account, locale }: Pick<RouteContext, 'account' | 'locale'>,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
  ): Promise<object> => ({
    credentials: (await credentials.own(account)).map((row) => worded(toView(row), locale)),
    ...fieldsOf(locale, values, issues),
  });
  const worded = (one: CredentialView, locale: Locale): object => ({
    ...one,
    levelText: i18n.t(locale, `matching.credentialLevel.${one.level}`),
  });
  const act = (
    account: AccountActor,
    id: string,
    body: z.output<typeof reviewBody>,
  ): Promise<CredentialRow> => credentials.review(account, id, body);
  return [
    route({
      name: 'credentials/list-own',
      method: 'get',
      path: '/credentials',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'One’s own certificates, as this organisation has seen them.',
      input: {},
      output: credentialPage,
      run: async ({ account }) => ({ data: (await credentials.own(account)).map(toView), nextCursor: null }),
      page: async (_output, context) => view('credentials/list', await ownModel(context, {}, [])),
    }),
    route({
      name: 'credentials/claim',
      method: 'post',
      path: '/credentials',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'States a social worker’s certificate; two officers verify it.',
      input: { body: claimBody },
      output: credentialView,
      run: async ({ account, body }) => toView(await credentials.claim(account, body)),
      page: () => seeOther('/credentials', { kind: 'success', key: 'credentials.claimed' }),
      invalid: async ({ issues, values }, context) =>
        view('credentials/list', await ownModel(context, values, issues)),
    }),
    route({
      name: 'credentials/desk',
      method: 'get',
      path: '/credentials/reviews',
      access: 'people:see',
      tenant: 'member',
      summary: 'Certificates that wait for the first or the final word, oldest first.',
      input: { query: deskFilter },
      output: credentialPage,
      async run({ account, query }) {
        const page = await credentials.desk(account, query.limit, query.cursor);
        return { data: page.data.map(toView), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { locale, query }) =>
        view('credentials/desk', {
          credentials: data.map((one) => worded(one, locale)),
          ...pagerOf('/credentials/reviews', query, nextCursor),
          count: data.length,
        }),
    }),
    route({
      name: 'credentials/show',
      method: 'get',
      path: '/credentials/:id',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'One certificate: one’s own, or one to review.',
      input: { params: idParams },
      output: credentialDetail,
      async run({ actor, params }) {
        const row = await credentials.access(actor, params.id);
        return { ...toView(row), scans: (await credentials.scans(row)).map(toScan) };
      },
      async page(one, { actor, account, params, locale }) {
        const row = await credentials.access(actor, params.id);
        const own = String(row.personId) === account.personId;
        const first = !own && row.state === 'under_review' && can(actor, 'credentials:review');
        const final = !own && row.state === 'first_pass' && can(actor, 'credentials:decide');
        return view('credentials/show', {
          ...worded(one, locale),
          can: {
            first,
            final,
            refuse: first || final,
            correct: own && row.state === 'needs_correction',
            scan: own && ['under_review', 'needs_correction', 'first_pass'].includes(row.state),
          },
          scanField: createForm({
            i18n,
            locale,
            messages: 'credentials.scans',
            values: {},
            issues: [],
          }).input('file', 'file', { accept: 'image/jpeg,image/png,image/webp' }),
          ...fieldsOf(locale, one, []),
          timeline: row.history.map((entry) => ({
            title: i18n.t(locale, `states.credential.${entry.to}`),
            at: entry.at,
            by: null,
            text: entry.reason,
            icon: null,
          })),
        });
      },
    }),
    route({
      name: 'credentials/review',
      method: 'post',
      path: '/credentials/:id/review',
      access: 'people:see',
      tenant: 'member',
      summary: 'The first or the final word; never both by one officer, never on one’s own.',
      status: 200,
      input: { params: idParams, body: reviewBody },
      output: credentialView,
      run: async ({ account, params, body }) => toView(await act(account, params.id, body)),
      page: () => seeOther('/credentials/reviews', { kind: 'success', key: 'credentials.reviewed' }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/credentials/${params.id}`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    route({
      name: 'credentials/correct',
      method: 'post',
      path: '/credentials/:id/correction',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'Mends a statement that was sent back.',
      status: 200,
      input: { params: idParams, body: claimBody },
      output: credentialView,
      run: async ({ account, params, body }) => toView(await credentials.correct(account, params.id, body)),
      page: ({ id }) => seeOther(`/credentials/${id}`, { kind: 'success', key: 'credentials.claimed' }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/credentials/${params.id}`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    ...scanRoutes({ credentials }),
  ];
}
