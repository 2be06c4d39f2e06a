import { z } from 'zod';
import type { FieldIssue } from '../../core/errors.ts';
import { createForm } from '../../i18n/index.ts';
import type { I18n, Locale } from '../../i18n/index.ts';
import { pagerOf } from '../../http/paging.ts';
import { file, route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { idParams } from '../../http/schema.ts';
import { proposalView, toProposalView } from '../proposals/index.ts';
import type { ProposalService } from '../proposals/index.ts';
import { fileOf, TABLE_NAMES } from './inspection.rules.ts';
import {
  inspectionBody,
  inspectionDetail,
  inspectionFilter,
  inspectionPage,
  toInspection,
} from './inspection.schema.ts';
import type { InspectionService } from './inspection.service.ts';

/** Material that an authority demands: asked for, made by a job, taken by the two who agreed to it. */
export function inspectionRoutes({
  inspections,
  proposals,
  i18n,
}: {
  inspections: InspectionService;
  proposals: ProposalService;
  i18n: I18n;
}): Route[] {
  function fieldsOf(
    locale: Locale,
    values: Readonly<Record<string, unknown>> = {},
    issues: readonly FieldIssue[] = [],
  ) {
    const form = createForm({ i18n, locale, messages: 'inspections.form', values, issues });
    const required = { required: true } as const;
    const fields = {
      from: form.input('from', 'date', { ...required, width: 'short' }),
      to: form.input('to', 'date', { ...required, width: 'short' }),
      authority: form.input('authority', 'text', { ...required, maxLength: 120 }),
      reference: form.input('reference', 'text', { ...required, maxLength: 80 }),
      reason: form.textarea('reason', { ...required, maxLength: 300 }),
    };
    return { fields, errors: form.errors };
  }
  return [
    route({
      name: 'inspections/list',
      method: 'get',
      path: '/inspections',
      access: 'inspections:export',
      tenant: 'member',
      summary: 'Material that was given to authorities, newest first, and the form to ask for more.',
      input: { query: inspectionFilter },
      output: inspectionPage,
      async run({ account, query }) {
        const page = await inspections.list(account, query.limit, query.cursor);
        return { data: page.data.map(toInspection), nextCursor: page.nextCursor };
      },
      page: ({ data, nextCursor }, { locale, query }) =>
        view('inspections/list', {
          data,
          ...fieldsOf(locale),
          ...pagerOf('/inspections', query, nextCursor),
          count: data.length,
        }),
    }),
    route({
      name: 'inspections/propose',
      // Personal data of very many people: whoever asks has proved to be who they are a moment ago (S-22).
      fresh: true,
      method: 'post',
      path: '/inspections',
      access: 'inspections:export',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Proposes to export the records of a period because an authority demands them; made when a second person has confirmed it.',
      input: { body: inspectionBody },
      output: proposalView,
      run: async ({ account, body: { reason, ...wish }, tenant }) =>
        toProposalView(
          await proposals.propose(account, 'inspection/export', account.accountId, reason, wish),
          tenant?.id ?? null,
        ),
      page: ({ id }) => seeOther(`/proposals/${id}`, { kind: 'success', key: 'proposals.did.proposed' }),
      invalid: ({ error, issues, values }, { locale }) =>
        error.code === 'invalid'
          ? view('inspections/list', {
              data: [],
              ...fieldsOf(locale, values, issues),
              ...pagerOf('/inspections', {}, null),
              count: 0,
            })
          : seeOther('/inspections', { kind: 'error', key: `errors.${error.code}` }),
    }),
    route({
      name: 'inspections/show',
      method: 'get',
      path: '/inspections/:id',
      access: 'inspections:export',
      tenant: 'member',
      summary: 'How far an export is, what it holds, who asked for it and who agreed.',
      input: { params: idParams },
      output: inspectionDetail,
      async run({ account, params }) {
        const row = await inspections.access(account, params.id);
        return {
          ...toInspection(row),
          rows: Object.fromEntries(TABLE_NAMES.map((name) => [name, row.rows[name] ?? 0])) as never,
          sums: row.sums,
          mayTake: inspections.mayTake(account, row),
        };
      },
      page: (one, { locale, now }) =>
        view('inspections/show', {
          ...one,
          running: one.state === 'running',
          ready: one.state === 'ready' && one.expiresAt !== null && one.expiresAt > now.toISOString(),
          tables: TABLE_NAMES.map((name) => ({
            file: fileOf(name),
            label: i18n.t(locale, `inspections.tables.${name}`),
            rows: one.rows[name],
          })),
        }),
    }),
    route({
      name: 'inspections/take',
      fresh: true,
      method: 'post',
      path: '/inspections/:id/files',
      access: 'inspections:export',
      tenant: 'member',
      rate: 'bulk',
      summary:
        'The archive, for one of the two who agreed to it, while it is there; each time is an entry of the trail.',
      status: 200,
      // A file is sent, not an answer that could be kept and sent again.
      idempotent: false,
      input: { params: idParams },
      output: z.object({}),
      async run({ account, params }) {
        const { archive, fileName } = await inspections.take(account, params.id);
        return file(archive, 'application/zip', fileName);
      },
      page: () => seeOther('/inspections'),
      invalid: ({ error }, { params }) =>
        seeOther(`/inspections/${params.id}`, { kind: 'error', key: `errors.${error.code}` }),
    }),
  ];
}
