import { z } from 'zod';
import { localDate } from '../../core/time.ts';
import { Conflict } from '../../core/errors.ts';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm, LOCALES } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { id, idParams, localDate as localDateField, pageOf, paging, prose } from '../../http/schema.ts';
import { pagerOf } from '../../http/paging.ts';
import { file, route, seeOther, view } from '../../http/route.ts';
import type { Route, RouteContext } from '../../http/route.ts';
import { proposalView, toProposalView } from '../proposals/index.ts';
import type { ProposalService } from '../proposals/index.ts';
import type { CertificateBatchRow } from './certificate.batch.model.ts';
import { PRINTED_TOGETHER } from './certificate.batch.service.ts';
import type { CertificateBatchService } from './certificate.batch.service.ts';
import { SCOPES } from './certificate.schema.ts';

const batchView = z.object({
  id: z.string(),
  state: z.enum(['running', 'done']),
  scope: z.enum(SCOPES),
  periodFrom: z.string().nullable(),
  periodTo: z.string().nullable(),
  activity: z.string().nullable(),
  unitId: z.string(),
  locale: z.enum(LOCALES),
  total: z.number(),
  issued: z.number(),
  found: z.number(),
  refused: z.number(),
  settled: z.number(),
  /** CPU milliseconds of each certificate made; null before there is one. */
  cpuMsEach: z.number().nullable(),
  createdAt: z.string(),
  finishedAt: z.string().nullable(),
});
type BatchView = z.infer<typeof batchView>;
const batchDetail = batchView.extend({
  refusals: z.array(z.object({ name: z.string(), code: z.string() })),
  /** Files to print. */
  parts: z.number(),
});
const batchBody = z.strictObject({
  scope: z.enum(SCOPES).default('period'),
  from: localDateField.optional(),
  to: localDateField.optional(),
  hoursId: z.union([id, z.literal('')]).optional(),
  unitId: id.optional(),
  locale: z.enum(LOCALES).default('zh-CN'),
});

const toBatch = (row: CertificateBatchRow): BatchView => ({
  id: String(row._id),
  state: row.state,
  scope: row.scope,
  periodFrom: row.periodFrom,
  periodTo: row.periodTo,
  activity: row.activity?.name ?? null,
  unitId: String(row.unitId),
  locale: row.locale as Locale,
  total: row.total,
  issued: row.issued,
  found: row.found,
  refused: row.refused,
  settled: row.issued + row.found + row.refused,
  cpuMsEach: row.issued > 0 ? Math.round((row.cpuMs / row.issued) * 10) / 10 : null,
  createdAt: row.createdAt.toISOString(),
  finishedAt: row.finishedAt?.toISOString() ?? null,
});

/** Certificates for many people at once. */
export function certificateBatchRoutes({
  batches,
  proposals,
  i18n,
}: {
  batches: CertificateBatchService;
  proposals: ProposalService;
  i18n: I18n;
}): Route[] {
  async function fieldsFor(
    { account, locale }: Pick<RouteContext, 'account' | 'locale'>,
    values: Readonly<Record<string, unknown>>,
    issues: readonly FieldIssue[],
  ) {
    const [activities, units] = [await batches.activities(account), await batches.choices(account)];
    const form = createForm({
      i18n,
      locale,
      messages: 'certificates.form',
      // The whole of what one may certify for, unless somebody chooses less.
      values: { unitId: units[0]?.id, ...values },
      issues,
    });
    const fields = {
      scope: form.select(
        'scope',
        SCOPES.map((value) => ({ value, label: i18n.t(locale, `certificates.form.scope.${value}`) })),
        { required: true, width: 'short' },
      ),
      from: form.input('from', 'date', { width: 'short' }),
      to: form.input('to', 'date', { width: 'short' }),
      hoursId: form.select('hoursId', [
        { value: '', label: i18n.t(locale, 'certificates.form.hoursId.none') },
        ...activities.map(({ hoursId, name, unit }) => ({ value: hoursId, label: `${name} · ${unit}` })),
      ]),
      unitId: form.select(
        'unitId',
        units.map((unit) => ({ value: unit.id, label: `${'　'.repeat(unit.depth)}${unit.name[locale]}` })),
        { required: true },
      ),
      locale: form.select(
        'locale',
        LOCALES.map((value) => ({ value, label: i18n.t(locale, `certificates.form.locale.${value}`) })),
        { required: true, width: 'short' },
      ),
    };
    return { fields, errors: form.errors };
  }
  return [
    route({
      name: 'certificates/batches',
      method: 'get',
      path: '/certificate-batches',
      access: 'certificates:issue',
      tenant: 'member',
      summary: 'Jobs that make certificates for many people, newest first.',
      input: { query: z.strictObject(paging) },
      output: pageOf(batchView),
      async run({ account, query }) {
        const page = await batches.list(account, query.limit, query.cursor);
        return { data: page.data.map(toBatch), nextCursor: page.nextCursor };
      },
      page: async ({ data, nextCursor }, context) => {
        const today = localDate(context.now, context.zone);
        const values = {
          scope: 'period',
          from: `${today.slice(0, 4)}-01-01`,
          to: today,
          locale: context.locale,
        };
        return view('certificates/batches', {
          data,
          ...(await fieldsFor(context, values, [])),
          ...pagerOf('/certificate-batches', context.query, nextCursor),
          count: data.length,
        });
      },
    }),
    route({
      name: 'certificates/start-batch',
      method: 'post',
      path: '/certificate-batches',
      access: 'certificates:issue',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Has certificates made for everybody who served: in a period, in one activity, or all there is. The job goes on by itself.',
      input: { body: batchBody },
      output: batchView,
      run: async ({ account, body: { locale, ...wish } }) =>
        toBatch(await batches.start(account, wish, locale)),
      page: ({ id: batchId }) => seeOther(`/certificate-batches/${batchId}`),
      invalid: async ({ issues, values }, context) =>
        view('certificates/batches', {
          data: [],
          ...(await fieldsFor(context, values, issues)),
          ...pagerOf('/certificate-batches', {}, null),
          count: 0,
        }),
    }),
    route({
      name: 'certificates/batch',
      method: 'get',
      path: '/certificate-batches/:id',
      access: 'certificates:issue',
      tenant: 'member',
      summary: 'How far a job is, and who got no certificate and why.',
      input: { params: idParams },
      output: batchDetail,
      async run({ account, params }) {
        const { batch, refused } = await batches.show(account, params.id);
        return {
          ...toBatch(batch),
          refusals: refused.map(({ name, refusal }) => ({ name, code: refusal ?? '' })),
          parts: Math.ceil(batch.total / PRINTED_TOGETHER),
        };
      },
      page: async (batch, { account }) =>
        view('certificates/batch', {
          ...batch,
          running: batch.state === 'running',
          agreed: await proposals.isAgreed(account, 'certificates/print', batch.id),
          proposal: await proposals.openOn('certificates/print', batch.id),
          files:
            batch.issued + batch.found > 0
              ? Array.from({ length: batch.parts }, (_unused, at) => ({
                  part: at + 1,
                  href: `/certificate-batches/${batch.id}/print?part=${at + 1}`,
                }))
              : [],
        }),
    }),
    route({
      name: 'certificates/propose-print',
      method: 'post',
      path: '/certificate-batches/:id/printing',
      access: 'certificates:issue',
      tenant: 'member',
      summary: 'Proposes to print all certificates of a job; a second person confirms it.',
      input: { params: idParams, body: z.strictObject({ reason: prose(300).min(1) }) },
      output: proposalView,
      run: async ({ account, params, body, tenant }) =>
        toProposalView(
          await proposals.propose(account, 'certificates/print', params.id, body.reason),
          tenant?.id ?? null,
        ),
      page: (_proposal, { params }) =>
        seeOther(`/certificate-batches/${params.id}`, { kind: 'success', key: 'proposals.did.proposed' }),
      invalid: ({ error }, { params }) =>
        seeOther(`/certificate-batches/${params.id}`, {
          kind: 'error',
          key: error.code === 'invalid' ? 'hours.show.reasonNeeded' : `errors.${error.code}`,
        }),
    }),
    route({
      name: 'certificates/print-batch',
      method: 'get',
      path: '/certificate-batches/:id/print',
      access: 'certificates:issue',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'A hundred certificates of a job as one document to print, after two agreed to it; each is checked by its own code.',
      input: {
        params: idParams,
        query: z.strictObject({ part: z.coerce.number().int().min(1).max(1_000).default(1) }),
      },
      output: z.object({}),
      async run({ account, params, query }) {
        // Looked up first: a foreign one looks like one that never was (S-2).
        await batches.show(account, params.id);
        if (!(await proposals.isAgreed(account, 'certificates/print', params.id)))
          throw new Conflict('needs-two-persons');
        const bytes = await batches.print(account, params.id, query.part);
        return file(bytes, 'application/pdf', `certificates-${query.part}.pdf`);
      },
      page: () => seeOther('/certificate-batches'),
    }),
  ];
}
