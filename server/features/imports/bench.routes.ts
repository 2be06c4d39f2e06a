import { file, route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { empty, idParams } from '../../http/schema.ts';
import {
  fixBody,
  replaceBody,
  replaced,
  reportQuery,
  rowPage,
  rowPageQuery,
  rowParams,
  rowQuery,
  rowView,
  skipBody,
} from './bench.schema.ts';
import type { RowView } from './bench.schema.ts';
import { faultModel, rowModel, rowsModel } from './bench.view.ts';
import type { Parts } from './import.routes.ts';
import { importDetail } from './import.schema.ts';
import type { ImportDetailView } from './import.schema.ts';
import type { RowFixes } from './import.types.ts';

type Here = Pick<RouteContext, 'actor' | 'locale'>;

/** Looking at the rows of an import one by one, and mending them. */
export function benchRoutes({ imports, i18n }: Parts): Route[] {
  const detailFor = async ({ actor, locale }: Here, id: string): Promise<ImportDetailView> =>
    importDetail.parse(await imports.show(actor, id, locale));
  const listOf = (id: string, back: string | undefined): string =>
    `/imports/${id}/rows${back ? `?${back}` : ''}`;

  async function rowsPage(
    context: Here,
    id: string,
    query: { show?: string | undefined; fault?: string | undefined; cursor?: string | undefined },
    page: { data: readonly RowView[]; nextCursor: string | null },
    failure?: FormFailure,
  ): Promise<PageResult> {
    const detail = await detailFor(context, id);
    const parts = { i18n, locale: context.locale, detail, query };
    const texts = query.fault ? await imports.faultTexts(context.actor, id, query.fault) : [];
    return view('imports/rows', {
      ...rowsModel({ ...parts, page }),
      fault: query.fault ? faultModel({ ...parts, fault: query.fault, texts, failure }) : null,
    });
  }

  async function rowPageOf(
    context: Here,
    at: { id: string; line: number },
    row: RowView,
    back: string | undefined,
    failure?: FormFailure,
  ): Promise<PageResult> {
    const detail = await detailFor(context, at.id);
    return view('imports/row', rowModel({ i18n, locale: context.locale, detail, row, back, failure }));
  }

  /** Where a row leads after it was mended: back to its list, with what it comes to now. */
  const mended = (id: string, row: RowView, back: string | undefined): PageResult =>
    seeOther(listOf(id, back), {
      kind: row.expected === 'rejected' ? 'info' : 'success',
      key: `imports.mended.${row.expected}`,
      params: { line: row.line },
    });

  return [
    route({
      name: 'imports/rows',
      method: 'get',
      path: '/imports/:id/rows',
      access: 'imports:see',
      tenant: 'member',
      summary:
        'Rows of an import by what they come to or what was noticed, with what each changes field by field.',
      input: { params: idParams, query: rowQuery },
      output: rowPage,
      run: async ({ actor, params, query }) => {
        const { limit, cursor, ...filter } = query;
        return rowPage.parse(await imports.rows(actor, params.id, filter, { limit, cursor }));
      },
      page: (page, context) => rowsPage(context, context.params.id, context.query, page),
    }),
    route({
      name: 'imports/row',
      method: 'get',
      path: '/imports/:id/rows/:line',
      access: 'imports:see',
      tenant: 'member',
      summary:
        'One row: its cells, what people put in their place, what is wrong with it and what it changes.',
      input: { params: rowParams, query: rowPageQuery },
      output: rowView,
      run: async ({ actor, params }) => rowView.parse(await imports.row(actor, params.id, params.line)),
      page: (row, context) => rowPageOf(context, context.params, row, context.query.back),
    }),
    route({
      name: 'imports/fix',
      method: 'post',
      path: '/imports/:id/rows/:line/fixes',
      access: 'imports:run',
      tenant: 'member',
      rate: 'heavy',
      versioned: true,
      summary: 'Puts texts in the place of a row’s cells and judges it at once; the cells are kept.',
      status: 200,
      // Judged in a process of its own before anything is written; the row’s version guards what is.
      transaction: false,
      idempotent: false,
      input: { params: rowParams, body: fixBody },
      output: rowView,
      run: async ({ actor, params, body, version }) => {
        const emptied = Object.fromEntries((body.fields ?? []).map((field) => [field, '']));
        const sent = body.reset ? 'reset' : ({ ...emptied, ...body.fixes } as RowFixes);
        return rowView.parse(await imports.fix(actor, { ...params, version }, sent));
      },
      page: (row, { params, body }) => mended(params.id, row, body.back),
      invalid: async (failure, context) => {
        const { id, line } = context.params;
        const row = rowView.parse(await imports.row(context.actor, id, line));
        const { back } = failure.values;
        const query = rowPageQuery.safeParse({ back });
        return rowPageOf(context, { id, line }, row, query.data?.back, failure);
      },
    }),
    route({
      name: 'imports/skip',
      method: 'post',
      path: '/imports/:id/rows/:line/skip',
      access: 'imports:run',
      tenant: 'member',
      rate: 'heavy',
      versioned: true,
      summary: 'Leaves a row out, or takes it in again.',
      status: 200,
      // As above.
      transaction: false,
      idempotent: false,
      input: { params: rowParams, body: skipBody },
      output: rowView,
      run: async ({ actor, params, body, version }) =>
        rowView.parse(await imports.skip(actor, { ...params, version }, body.skip)),
      page: (row, { params, body }) => mended(params.id, row, body.back),
    }),
    route({
      name: 'imports/replace',
      method: 'post',
      path: '/imports/:id/replacements',
      access: 'imports:run',
      tenant: 'member',
      rate: 'heavy',
      versioned: true,
      summary: 'Mends all rows with the same fault and text in one go, or leaves them out.',
      status: 200,
      // As above; the import’s version guards it.
      transaction: false,
      idempotent: false,
      input: { params: idParams, body: replaceBody },
      output: replaced,
      run: ({ actor, params, body, version }) => {
        const { field, code, value, to, skip } = body;
        return imports.replace(
          actor,
          { id: params.id, version },
          { fault: { field, code, value }, to, skip },
        );
      },
      page: ({ rows, taken }, { params, body }) =>
        seeOther(listOf(params.id, body.back), {
          kind: 'success',
          key: body.skip ? 'imports.replace.skipped' : 'imports.replace.done',
          params: { count: rows, taken },
        }),
      invalid: async (failure, context) => {
        const { field, code } = failure.values;
        const query = reportQuery.safeParse({ fault: `${String(field)}.${String(code)}` }).data ?? {};
        const page = await imports.rows(context.actor, context.params.id, query, { limit: 25 });
        return rowsPage(context, context.params.id, query, rowPage.parse(page), failure);
      },
    }),
    route({
      name: 'imports/report',
      method: 'get',
      path: '/imports/:id/report.csv',
      access: 'imports:see',
      tenant: 'member',
      rate: 'heavy',
      summary: 'Rows as CSV: the rejected ones with their reasons, or any with what they come to and change.',
      input: { params: idParams, query: reportQuery },
      output: empty,
      async run({ actor, params, query, locale }) {
        const { bytes, fileName } = await imports.report(actor, params.id, locale, query);
        return file(bytes, 'text/csv; charset=utf-8', fileName);
      },
      // The file is the answer on both doors.
      page: (_output, { params }) => seeOther(`/imports/${params.id}`),
    }),
  ];
}
