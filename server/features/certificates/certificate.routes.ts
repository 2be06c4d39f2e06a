import { z } from 'zod';
import { can } from '../../core/actor.ts';
import { now } from '../../core/clock.ts';
import { localDate } from '../../core/time.ts';
import type { I18n } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { DEFAULT_LIMIT, idParams, paging } from '../../http/schema.ts';
import { file, route, seeOther, sharedFile, view } from '../../http/route.ts';
import type { Route, RouteContext } from '../../http/route.ts';
import { proposalView, toProposalView } from '../proposals/index.ts';
import type { ProposalService } from '../proposals/index.ts';
import { canRevoke } from './certificate.policy.ts';
import {
  certificateDetail,
  certificatePage,
  certificateView,
  finding,
  issueBody,
  issuedFilter,
  issuedPage,
  revocation,
} from './certificate.schema.ts';
import type { CertificateView } from './certificate.schema.ts';
import type { CertificateService } from './certificate.service.ts';
import { groupedCode, shownCode } from './certificate.rules.ts';
import { bytesOf } from './certificate.verify.ts';
import { issuedModel, listModel, toView } from './certificate.view.ts';

export interface CertificateRouteParts {
  readonly certificates: CertificateService;
  readonly proposals: ProposalService;
  readonly i18n: I18n;
  readonly publicUrl: string;
}

export function certificateRoutes(parts: CertificateRouteParts): Route[] {
  return [...ownRoutes(parts), ...fileRoutes(parts), ...deskRoutes(parts), ...publicRoutes(parts)];
}

function ownRoutes({ certificates, proposals, i18n, publicUrl }: CertificateRouteParts): Route[] {
  const own = async (
    { account }: Pick<RouteContext, 'account'>,
    { limit, cursor }: { limit: number; cursor?: string | undefined } = { limit: DEFAULT_LIMIT },
  ): Promise<{ data: CertificateView[]; nextCursor: string | null }> => {
    const { data, nextCursor } = await certificates.own(account, limit, cursor);
    return { data: data.map((row) => toView(row, publicUrl)), nextCursor };
  };
  return [
    route({
      name: 'certificates/list',
      method: 'get',
      path: '/certificates',
      access: 'certificates:issue-own',
      tenant: 'member',
      summary: 'One’s own service certificates, newest first.',
      input: { query: z.strictObject(paging) },
      output: certificatePage,
      run: (context) => own(context, context.query),
      page: async ({ data, nextCursor }, { account, locale, now, zone, query }) => {
        const today = localDate(now, zone);
        return view(
          'certificates/list',
          listModel({
            i18n,
            locale,
            certificates: data,
            pager: pagerOf('/certificates', query, nextCursor),
            activities: await certificates.activities(account),
            desk: can(account, 'certificates:see'),
            values: { scope: 'period', from: `${today.slice(0, 4)}-01-01`, to: today, locale },
            issues: [],
          }),
        );
      },
    }),
    route({
      name: 'certificates/issue',
      method: 'post',
      path: '/certificates',
      access: 'certificates:issue-own',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Issues the certificate of a period, of one activity or of all there is, or finds the one that was issued for the same state of the ledger.',
      // Drawing takes a tenth of a second and must not hold the tenant's counter; the service opens its transactions.
      // Repeating finds the same certificate, so nothing needs to remember the answer.
      transaction: false,
      idempotent: false,
      input: { body: issueBody },
      output: certificateView,
      run: async ({ account, body }) =>
        toView(await certificates.issue(account, body, body.locale), publicUrl),
      page: ({ id }) => seeOther(`/certificates/${id}`, { kind: 'success', key: 'certificates.issued' }),
      invalid: async ({ issues, values, error }, context) =>
        error.code === 'identity-needed'
          ? seeOther('/account/identity', { kind: 'error', key: 'errors.identity-needed' })
          : issues.length === 0
            ? // What stands against it stands beside no field.
              seeOther('/certificates', { kind: 'error', key: `errors.${error.code}` })
            : view(
                'certificates/list',
                listModel({
                  i18n,
                  locale: context.locale,
                  ...(await own(context).then(({ data, nextCursor }) => ({
                    certificates: data,
                    pager: pagerOf('/certificates', {}, nextCursor),
                  }))),
                  activities: await certificates.activities(context.account),
                  desk: can(context.account, 'certificates:see'),
                  values,
                  issues,
                }),
              ),
    }),
    route({
      name: 'certificates/show',
      method: 'get',
      path: '/certificates/:id',
      access: 'certificates:issue-own',
      tenant: 'member',
      summary:
        'One certificate and what of it stands today: one’s own, or of a member whose hours one may see.',
      input: { params: idParams },
      output: certificateDetail.extend({ abilities: z.object({ revoke: z.boolean() }) }),
      async run({ account, params }) {
        const row = await certificates.access(account, params.id);
        return {
          ...toView(row, publicUrl),
          ...(await certificates.standing(row)),
          holder: row.draft.person.displayName,
          holderNow: await certificates.holderNow(row),
          revokedAt: row.revokedAt?.toISOString() ?? null,
          revocationReason: row.revocationReason,
          abilities: { revoke: row.revokedAt === null && canRevoke(account, row).allowed },
        };
      },
      page: async (certificate) =>
        view('certificates/show', {
          ...certificate,
          groupedCode: groupedCode(certificate.code),
          proposal: certificate.abilities.revoke
            ? await proposals.openOn('certificates/revocation', certificate.id)
            : null,
        }),
    }),
  ];
}

function fileRoutes({ certificates }: CertificateRouteParts): Route[] {
  return [
    route({
      name: 'certificates/pdf',
      method: 'get',
      path: '/certificates/:id/pdf',
      access: 'certificates:issue-own',
      tenant: 'member',
      rate: 'heavy',
      summary: 'The certificate as PDF, with its signed statement at the end of the file.',
      input: { params: idParams },
      output: z.object({}),
      async run({ account, params }) {
        const row = await certificates.files(account, params.id);
        return file(bytesOf(row.pdf), 'application/pdf', `${row.number}.pdf`);
      },
      page: () => seeOther('/certificates'),
    }),
    route({
      name: 'certificates/json',
      method: 'get',
      path: '/certificates/:id/json',
      access: 'certificates:issue-own',
      tenant: 'member',
      summary: 'The signed statement, canonical JSON byte for byte.',
      input: { params: idParams },
      output: z.object({}),
      async run({ account, params }) {
        const row = await certificates.files(account, params.id);
        const bytes = Buffer.from(row.signedJson, 'utf8');
        return file(bytes, 'application/json; charset=utf-8', `${row.number}.json`);
      },
      page: () => seeOther('/certificates'),
    }),
  ];
}

function deskRoutes({ certificates, proposals, i18n, publicUrl }: CertificateRouteParts): Route[] {
  return [
    route({
      name: 'certificates/issued',
      method: 'get',
      path: '/certificates/issued',
      access: 'certificates:see',
      tenant: 'member',
      summary: 'Certificates issued to members within reach, newest first, or the one with a number.',
      input: { query: issuedFilter },
      output: issuedPage,
      async run({ account, query }) {
        const number = query.number ? query.number.toUpperCase() : null;
        const page = await certificates.issued(account, number, query.limit, query.cursor);
        return {
          data: page.data.map((row) => ({
            ...toView(row, publicUrl),
            holder: row.holder,
            holderNow: row.holderNow,
          })),
          nextCursor: page.nextCursor,
        };
      },
      page: ({ data, nextCursor }, { account, locale, query }) =>
        view('certificates/issued', {
          ...issuedModel({ i18n, locale, data, nextCursor, query }),
          mayIssue: can(account, 'certificates:issue'),
        }),
    }),
    route({
      name: 'certificates/revoke',
      method: 'post',
      path: '/certificates/:id/revocation',
      access: 'certificates:revoke',
      tenant: 'member',
      summary:
        'Proposes to withdraw a certificate; when a second person confirms it, its verification page says so. Never one’s own.',
      input: { params: idParams, body: revocation },
      output: proposalView,
      run: async ({ account, params, body, tenant }) =>
        toProposalView(
          await proposals.propose(account, 'certificates/revocation', params.id, body.reason),
          tenant?.id ?? null,
        ),
      page: (_proposal, { params }) =>
        seeOther(`/certificates/${params.id}`, { kind: 'success', key: 'proposals.did.proposed' }),
      invalid: ({ error }, { params }) =>
        seeOther(`/certificates/${params.id}`, {
          kind: 'error',
          key: error.code === 'invalid' ? 'hours.show.reasonNeeded' : `errors.${error.code}`,
        }),
    }),
  ];
}

function publicRoutes({ certificates }: CertificateRouteParts): Route[] {
  return [
    route({
      name: 'certificates/verify-form',
      method: 'get',
      path: '/certificates/verify',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      rate: 'heavy',
      summary: 'Where a verification code is typed.',
      input: { query: z.strictObject({ code: z.string().max(60).optional() }) },
      output: z.object({ code: z.string().nullable() }),
      run: async ({ query }) => ({ code: query.code ?? null }),
      page: ({ code }) =>
        code
          ? seeOther(`/certificates/verify/${encodeURIComponent(code)}`)
          : view('certificates/verify', { asked: false, found: false, code: null, certificate: null }),
    }),
    route({
      name: 'certificates/verify',
      method: 'get',
      path: '/certificates/verify/:code',
      access: 'public',
      tenant: 'none',
      rate: 'heavy',
      summary: 'What a code proves today: the minimum, the name masked. Unknown codes all answer alike.',
      input: { params: z.strictObject({ code: z.string().max(60) }) },
      output: finding,
      async run({ params }) {
        const certificate = await certificates.verify(params.code);
        return { found: certificate !== null, certificate };
      },
      page: (result, { params }) =>
        view(
          'certificates/verify',
          // When it was asked is for whoever keeps the answer on paper; only what was found tells it, so that all else is alike.
          { asked: true, code: shownCode(params.code), checkedAt: now().toISOString(), ...result },
          result.found ? {} : { status: 404 },
        ),
    }),
    route({
      name: 'certificates/keys',
      method: 'get',
      path: '/certificates/keys.json',
      apiPath: '/certificates/keys',
      access: 'public',
      tenant: 'none',
      summary: 'Public keys with which certificates are checked offline (JWKS).',
      input: {},
      output: z.object({}),
      run: async () =>
        sharedFile(
          Buffer.from(JSON.stringify(certificates.keys.jwks)),
          'application/json; charset=utf-8',
          'keys.json',
        ),
      page: () => seeOther('/'),
    }),
  ];
}
