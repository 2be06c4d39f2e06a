import { z } from 'zod';
import type { FieldIssue } from '../../core/errors.ts';
import { localDate } from '../../core/time.ts';
import { createForm, LOCALES } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { id, localDate as dateInput, pageOf } from '../../http/schema.ts';
import { file, route, seeOther, view } from '../../http/route.ts';
import type { Route, RouteContext } from '../../http/route.ts';
import type { CertificateRow } from './certificate.model.ts';
import type { CertificateService } from './certificate.service.ts';

const SHOWN = 100;
const idParams = z.strictObject({ id });
const certificateView = z.object({
  id: z.string(),
  number: z.string(),
  code: z.string(),
  verifyUrl: z.string(),
  locale: z.enum(LOCALES),
  periodFrom: z.string(),
  periodTo: z.string(),
  totalMinutes: z.number(),
  issuedAt: z.string(),
  revoked: z.boolean(),
});
const issueBody = z.strictObject({
  from: dateInput,
  to: dateInput,
  locale: z.enum(LOCALES).default('zh-CN'),
});
const finding = z.object({
  found: z.boolean(),
  certificate: z
    .object({
      number: z.string(),
      maskedName: z.string(),
      tenantName: z.string(),
      periodFrom: z.string(),
      periodTo: z.string(),
      totalMinutes: z.number(),
      issuedAt: z.string(),
      state: z.enum(['valid', 'changed-since', 'revoked']),
      minutesNow: z.number(),
    })
    .nullable(),
});

export interface CertificateRouteParts {
  readonly certificates: CertificateService;
  readonly i18n: I18n;
  readonly publicUrl: string;
}

export function certificateRoutes(parts: CertificateRouteParts): Route[] {
  return [...ownRoutes(parts), ...publicRoutes(parts)];
}

const toView = (row: CertificateRow, publicUrl: string): z.input<typeof certificateView> => ({
  id: String(row._id),
  number: row.number,
  code: row.code,
  verifyUrl: `${publicUrl}/certificates/verify/${row.code}`,
  locale: row.locale as Locale,
  periodFrom: row.periodFrom,
  periodTo: row.periodTo,
  totalMinutes: row.totalMinutes,
  issuedAt: row.issuedAt.toISOString(),
  revoked: row.revokedAt !== null,
});

function ownRoutes({ certificates, i18n, publicUrl }: CertificateRouteParts): Route[] {
  const listModel = async (
    { account, locale }: Pick<RouteContext, 'account' | 'locale'>,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
  ): Promise<object> => {
    const form = createForm({ i18n, locale, messages: 'certificates.form', values, issues });
    const fields = {
      from: form.input('from', 'date', { required: true, width: 'short' }),
      to: form.input('to', 'date', { required: true, width: 'short' }),
      locale: form.select(
        'locale',
        LOCALES.map((value) => ({ value, label: i18n.t(locale, `certificates.form.locale.${value}`) })),
        { required: true, width: 'short' },
      ),
    };
    const rows = await certificates.own(account, SHOWN);
    return { certificates: rows.map((row) => toView(row, publicUrl)), fields, errors: form.errors };
  };
  return [
    route({
      name: 'certificates/list',
      method: 'get',
      path: '/certificates',
      access: 'certificates:issue-own',
      tenant: 'member',
      summary: 'One’s own service certificates.',
      input: {},
      output: pageOf(certificateView),
      run: async ({ account }) => ({
        data: (await certificates.own(account, SHOWN)).map((row) => toView(row, publicUrl)),
        nextCursor: null,
      }),
      page: async (_output, context) => {
        const today = localDate(context.now, context.zone);
        return view(
          'certificates/list',
          await listModel(
            context,
            { from: `${today.slice(0, 4)}-01-01`, to: today, locale: context.locale },
            [],
          ),
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
        'Issues the certificate of a period, or finds the one that was issued for the same state of the ledger.',
      // One after the other for a person: drawing takes a tenth of a second, and twenty at once are one certificate.
      queue: () => 'certificates',
      input: { body: issueBody },
      output: certificateView,
      run: async ({ account, body }) =>
        toView(await certificates.issue(account, { from: body.from, to: body.to }, body.locale), publicUrl),
      page: () => seeOther('/certificates', { kind: 'success', key: 'certificates.issued' }),
      invalid: async ({ issues, values }, context) =>
        view('certificates/list', await listModel(context, values, issues)),
    }),
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
      async run({ actor, params }) {
        const row = await certificates.access(actor, params.id);
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
      async run({ actor, params }) {
        const row = await certificates.access(actor, params.id);
        return file(
          Buffer.from(row.signedJson, 'utf8'),
          'application/json; charset=utf-8',
          `${row.number}.json`,
        );
      },
      page: () => seeOther('/certificates'),
    }),
  ];
}

/** Lean rows hold the driver's Binary. */
const bytesOf = (stored: Buffer | { buffer: Uint8Array }): Buffer =>
  Buffer.isBuffer(stored) ? stored : Buffer.from(stored.buffer);

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
          : view('certificates/verify', { asked: false, found: false, certificate: null }),
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
      page: (result) =>
        view('certificates/verify', { asked: true, ...result }, result.found ? {} : { status: 404 }),
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
        file(
          Buffer.from(JSON.stringify(certificates.keys.jwks)),
          'application/json; charset=utf-8',
          'keys.json',
          true,
        ),
      page: () => seeOther('/'),
    }),
  ];
}
