import type { z } from 'zod';
import { Invalid } from '../../core/errors.ts';
import { can } from '../../core/actor.ts';
import type { I18n } from '../../i18n/index.ts';
import { empty, idParams } from '../../http/schema.ts';
import { file, route, seeOther, view } from '../../http/route.ts';
import type { Route, RouteContext } from '../../http/route.ts';
import { FILE_LIMITS } from './import.decode.ts';
import {
  importDetail,
  importFilter,
  importPage,
  importView,
  mappingForm,
  newImport,
} from './import.schema.ts';
import type { ImportService, MappingChoice } from './import.service.ts';
import { detailModel, listModel, newModel } from './import.view.ts';

interface Parts {
  readonly imports: ImportService;
  readonly i18n: I18n;
}

export const importRoutes = (parts: Parts): Route[] => [...bringRoutes(parts), ...oneRoutes(parts)];

function bringRoutes({ imports, i18n }: Parts): Route[] {
  const choicesFor = ({ actor }: Pick<RouteContext, 'actor'>): ReturnType<ImportService['choices']> =>
    imports.choices(actor);
  return [
    route({
      name: 'imports/list',
      method: 'get',
      path: '/imports',
      access: 'imports:see',
      tenant: 'member',
      summary: 'Files that were brought, the latest first.',
      input: { query: importFilter },
      output: importPage,
      run: ({ actor, query }) =>
        imports.list(actor, query.limit, query.cursor) as Promise<z.input<typeof importPage>>,
      page: (page, { actor, query, locale }) =>
        view('imports/index', listModel({ i18n, locale, page, query, mayRun: can(actor, 'imports:run') })),
    }),
    route({
      name: 'imports/new',
      method: 'get',
      path: '/imports/new',
      doors: ['page'],
      access: 'imports:run',
      tenant: 'member',
      summary: 'The form that takes a file.',
      input: {},
      output: empty,
      run: async () => ({}),
      page: async (_output, context) =>
        view('imports/new', newModel({ i18n, locale: context.locale, units: await choicesFor(context) })),
    }),
    route({
      name: 'imports/check',
      method: 'post',
      path: '/imports',
      access: 'imports:run',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Reads a file (multipart, field `file`) without applying it: what would be made, what is wrong.',
      uploadBytes: FILE_LIMITS.bytes,
      // The file is read in a process of its own for seconds at most, outside any transaction; the same file twice is the same import.
      transaction: false,
      idempotent: false,
      input: { body: newImport },
      output: importView,
      async run({ actor, body, file: upload }) {
        if (!upload) throw Invalid.field('file', 'file-needed');
        const { kind, unitId, from } = body;
        return imports.check(actor, {
          kind,
          unitId,
          fileName: upload.name,
          bytes: upload.bytes,
          ...(from === undefined ? {} : { mapping: { from } }),
        });
      },
      page: ({ id }) => seeOther(`/imports/${id}`),
      invalid: async ({ issues, values }, context) =>
        view(
          'imports/new',
          newModel({ i18n, locale: context.locale, units: await choicesFor(context), issues, values }),
        ),
    }),
  ];
}

function oneRoutes({ imports, i18n }: Parts): Route[] {
  type Detail = z.input<typeof importDetail>;
  const load = (context: Pick<RouteContext, 'actor' | 'locale'>, id: string): Promise<Detail> =>
    imports.show(context.actor, id, context.locale) as Promise<Detail>;
  return [
    route({
      name: 'imports/show',
      method: 'get',
      path: '/imports/:id',
      access: 'imports:see',
      tenant: 'member',
      summary: 'One import: what was found, how far it is applied, and its rejected rows.',
      input: { params: idParams },
      output: importDetail,
      run: (context) => load(context, context.params.id),
      page: (detail, { locale }) => view('imports/show', detailModel({ i18n, locale, detail })),
    }),
    route({
      name: 'imports/remap',
      method: 'post',
      path: '/imports/:id/mapping',
      access: 'imports:run',
      tenant: 'member',
      rate: 'heavy',
      versioned: true,
      summary: 'Says which column is what and what is assumed, and checks the rows again.',
      status: 200,
      // As for the first check; the row's version guards against two people at once.
      transaction: false,
      idempotent: false,
      input: { params: idParams, body: mappingForm },
      output: importView,
      run: ({ actor, params, body, version }) =>
        imports.remap(actor, params.id, version, body as MappingChoice),
      page: ({ id }) => seeOther(`/imports/${id}`, { kind: 'success', key: 'imports.remapped' }),
      invalid: async ({ issues, values, error }, context) =>
        view(
          'imports/show',
          detailModel({
            i18n,
            locale: context.locale,
            detail: importDetail.parse(await load(context, context.params.id)),
            issues: issues.length > 0 ? issues : [{ path: '', code: error.code }],
            values,
          }),
        ),
    }),
    route({
      name: 'imports/start',
      method: 'post',
      path: '/imports/:id/start',
      access: 'imports:run',
      tenant: 'member',
      versioned: true,
      summary: 'Applies the checked rows in the background, in resumable batches.',
      status: 202,
      input: { params: idParams },
      output: importView,
      run: ({ actor, params, version }) => imports.start(actor, params.id, version),
      page: ({ id }) => seeOther(`/imports/${id}`),
    }),
    route({
      name: 'imports/report',
      method: 'get',
      path: '/imports/:id/report.csv',
      access: 'imports:see',
      tenant: 'member',
      summary: 'The rejected rows with their reasons, as CSV.',
      input: { params: idParams },
      output: empty,
      async run({ actor, params, locale }) {
        const { bytes, fileName } = await imports.report(actor, params.id, locale);
        return file(bytes, 'text/csv; charset=utf-8', fileName);
      },
      // The file is the answer on both doors.
      page: (_output, { params }) => seeOther(`/imports/${params.id}`),
    }),
  ];
}
