import { canEverywhere } from '../../core/actor.ts';
import type { Actor } from '../../core/actor.ts';
import type { Locale } from '../../core/locale.ts';
import { NotFound } from '../../core/errors.ts';
import { idParams, slugParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { PageResult, Route, RouteContext } from '../../http/route.ts';
import type { I18n, Typed } from '../../i18n/index.ts';
import {
  beginBody,
  publicReport,
  publicReports,
  publishBody,
  reportList,
  reportView,
  toPublicReport,
  toReportView,
  withdrawBody,
  yearParams,
} from './annual-report.schema.ts';
import type { AnnualReportService } from './annual-report.service.ts';
import { beginForm, figureRows, publishForm, withdrawForm } from './annual-report.view.ts';

export interface AnnualReportRouteParts {
  readonly reports: AnnualReportService;
  readonly i18n: I18n;
}

interface Reader {
  readonly actor: Actor;
  readonly locale: Locale;
}

/** The organisation's yearly report on recording and certification: made at a desk, read by everybody. */
export const annualReportRoutes = (parts: AnnualReportRouteParts): Route[] => [
  ...deskRoutes(parts),
  ...publicRoutes(parts),
];

function deskRoutes({ reports, i18n }: AnnualReportRouteParts): Route[] {
  const list = async ({ actor, locale }: Reader, typed: Partial<Typed> = {}): Promise<PageResult> => {
    const years = await reports.reportable();
    return view('annual-reports/list', {
      data: (await reports.list()).map(toReportView),
      mayPublish: canEverywhere(actor, 'annual-reports:publish'),
      ...beginForm(years, { i18n, locale }, typed),
    });
  };
  const show = async (
    id: string,
    { actor, locale }: Reader,
    typed: Partial<Typed> & { readonly of?: 'publish' | 'withdraw' } = {},
  ): Promise<PageResult> => {
    const row = toReportView(await reports.access(id));
    const words = { i18n, locale };
    const [publish, withdraw] = [
      publishForm(words, typed.of === 'publish' ? typed : { values: { words: row.words } }),
      withdrawForm(words, typed.of === 'withdraw' ? typed : {}),
    ];
    return view('annual-reports/show', {
      ...row,
      mayPublish: canEverywhere(actor, 'annual-reports:publish'),
      rows: row.figures ? figureRows(row.figures, words) : [],
      publishFields: publish.fields,
      withdrawFields: withdraw.fields,
      errors: typed.of === 'publish' ? publish.errors : typed.of === 'withdraw' ? withdraw.errors : null,
    });
  };
  return [
    route({
      name: 'annual-reports/list',
      method: 'get',
      path: '/annual-reports',
      access: 'annual-reports:see',
      tenant: 'member',
      summary: 'Yearly reports on recording and certification, and the years that one can be made for.',
      input: {},
      output: reportList,
      run: async () => ({
        data: (await reports.list()).map(toReportView),
        reportable: await reports.reportable(),
      }),
      page: (_list, { actor, locale }) => list({ actor, locale }),
    }),
    route({
      name: 'annual-reports/begin',
      method: 'post',
      path: '/annual-reports',
      access: 'annual-reports:publish',
      tenant: 'member',
      summary: 'Begins the report of a year that is over; its figures are drawn in the background.',
      input: { body: beginBody },
      output: reportView,
      run: async ({ account, body }) => toReportView(await reports.begin(account, body.year)),
      page: ({ id }) =>
        seeOther(`/annual-reports/${id}`, { kind: 'success', key: 'annual-reports.did.begun' }),
      invalid: ({ issues, values }, { actor, locale }) => list({ actor, locale }, { issues, values }),
    }),
    route({
      name: 'annual-reports/show',
      method: 'get',
      path: '/annual-reports/:id',
      access: 'annual-reports:see',
      tenant: 'member',
      summary: 'One report with its figures, published or not.',
      input: { params: idParams },
      output: reportView,
      run: async ({ params }) => toReportView(await reports.access(params.id)),
      page: (_report, { params, actor, locale }) => show(params.id, { actor, locale }),
    }),
    route({
      name: 'annual-reports/redraw',
      method: 'post',
      status: 200,
      path: '/annual-reports/:id/drawing',
      access: 'annual-reports:publish',
      tenant: 'member',
      summary: 'Draws the figures of a report anew that nobody reads yet.',
      input: { params: idParams },
      output: reportView,
      run: async ({ account, params }) => toReportView(await reports.redraw(account, params.id)),
      page: ({ id }) =>
        seeOther(`/annual-reports/${id}`, { kind: 'success', key: 'annual-reports.did.begun' }),
    }),
    route({
      name: 'annual-reports/publish',
      method: 'post',
      status: 200,
      path: '/annual-reports/:id/publication',
      access: 'annual-reports:publish',
      tenant: 'member',
      summary: 'Publishes a report whose figures are drawn, with words of the organisation beside them.',
      input: { params: idParams, body: publishBody },
      output: reportView,
      run: async ({ account, params, body }) =>
        toReportView(await reports.publish(account, params.id, body.words)),
      page: ({ id }) =>
        seeOther(`/annual-reports/${id}`, { kind: 'success', key: 'annual-reports.did.published' }),
      invalid: ({ issues, values }, { params, actor, locale }) =>
        show(params.id, { actor, locale }, { issues, values, of: 'publish' }),
    }),
    route({
      name: 'annual-reports/withdraw',
      method: 'post',
      status: 200,
      path: '/annual-reports/:id/withdrawal',
      access: 'annual-reports:publish',
      tenant: 'member',
      summary: 'Withdraws a published report with a reason; its figures are drawn anew for another edition.',
      input: { params: idParams, body: withdrawBody },
      output: reportView,
      run: async ({ account, params, body }) =>
        toReportView(await reports.withdraw(account, params.id, body.reason)),
      page: ({ id }) =>
        seeOther(`/annual-reports/${id}`, { kind: 'success', key: 'annual-reports.did.withdrawn' }),
      invalid: ({ issues, values }, { params, actor, locale }) =>
        show(params.id, { actor, locale }, { issues, values, of: 'withdraw' }),
    }),
  ];
}

function publicRoutes({ reports, i18n }: AnnualReportRouteParts): Route[] {
  return [
    route({
      name: 'annual-reports/published',
      method: 'get',
      path: '/t/:tenantSlug/annual-reports',
      access: 'public',
      tenant: 'slug',
      summary: 'The yearly reports that an organisation published.',
      input: { params: slugParams },
      output: publicReports,
      run: async () => ({
        data: (await reports.published()).map(({ year, edition, publishedAt }) => ({
          year,
          edition,
          publishedAt: publishedAt?.toISOString() ?? '',
        })),
      }),
      page: ({ data }, { tenant, locale }) =>
        view('annual-reports/published', { data, ...placeOf(tenant, locale) }),
    }),
    route({
      name: 'annual-reports/read',
      method: 'get',
      path: '/t/:tenantSlug/annual-reports/:year',
      access: 'public',
      tenant: 'slug',
      summary: 'An organisation’s report on recording and certification in one year (R-1.25).',
      input: { params: yearParams },
      output: publicReport,
      async run({ params, tenant }) {
        if (!tenant) throw new NotFound();
        return toPublicReport(await reports.publishedOf(Number(params.year)), tenant.name);
      },
      page: (report, { tenant, locale }) =>
        view('annual-reports/read', {
          ...report,
          ...placeOf(tenant, locale),
          rows: figureRows(report.figures, { i18n, locale }),
        }),
    }),
  ];
}

const placeOf = (tenant: RouteContext['tenant'], locale: Locale): { place: string; slug: string } => ({
  place: tenant?.name[locale] ?? '',
  slug: tenant?.slug ?? '',
});
