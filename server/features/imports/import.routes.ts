import type { z } from 'zod';
import { Invalid } from '../../core/errors.ts';
import { can } from '../../core/actor.ts';
import type { I18n } from '../../i18n/index.ts';
import { empty, idParams } from '../../http/schema.ts';
import { route, seeOther, view } from '../../http/route.ts';
import type { Route, RouteContext } from '../../http/route.ts';
import { FILE_LIMITS } from './import.decode.ts';
import {
  importDetail,
  importFilter,
  importPage,
  importView,
  mappingForm,
  newImport,
  watching,
} from './import.schema.ts';
import type { ImportService, MappingChoice } from './import.service.ts';
import { benchRoutes } from './bench.routes.ts';
import { savedRoutes } from './saved.routes.ts';
import { undoRoutes } from './undo.routes.ts';
import { detailModel, listModel, newModel } from './import.view.ts';

export interface Parts {
  readonly imports: ImportService;
  readonly i18n: I18n;
}

export const importRoutes = (parts: Parts): Route[] => [
  ...bringRoutes(parts),
  ...oneRoutes(parts),
  ...benchRoutes(parts),
  ...undoRoutes(parts),
  ...savedRoutes(parts),
];

function bringRoutes({ imports, i18n }: Parts): Route[] {
  const choicesFor = async ({
    actor,
  }: Pick<RouteContext, 'actor'>): Promise<Pick<Parameters<typeof newModel>[0], 'units' | 'saved'>> => ({
    units: await imports.choices(actor),
    saved: await imports.listSaved(actor),
  });
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
        view('imports/new', newModel({ i18n, locale: context.locale, ...(await choicesFor(context)) })),
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
        const { kind, unitId, from, saved } = body;
        return imports.check(actor, {
          kind,
          unitId,
          saved,
          fileName: upload.name,
          bytes: upload.bytes,
          ...(from === undefined ? {} : { mapping: { from } }),
        });
      },
      page: ({ id }) => seeOther(`/imports/${id}`),
      invalid: async ({ issues, values }, context) =>
        view(
          'imports/new',
          newModel({ i18n, locale: context.locale, ...(await choicesFor(context)), issues, values }),
        ),
    }),
  ];
}

function oneRoutes({ imports, i18n }: Parts): Route[] {
  type Detail = z.input<typeof importDetail>;
  const load = async (context: Pick<RouteContext, 'actor' | 'locale'>, id: string): Promise<Detail> =>
    (await imports.show(context.actor, id, context.locale)) as unknown as Detail;
  /** Other saved mappings to read a file by that is not applied yet. */
  const fittingFor = async (actor: RouteContext['actor'], detail: { state: string; columns: string[] }) =>
    detail.state === 'checked' && can(actor, 'imports:run') ? imports.fittingSaved(detail.columns) : [];
  return [
    route({
      name: 'imports/show',
      method: 'get',
      path: '/imports/:id',
      access: 'imports:see',
      tenant: 'member',
      summary: 'One import: what was found, how far it is applied, and its rejected rows.',
      // `watch` is what a page that is being watched asks with: once all is done it loads itself anew.
      input: { params: idParams, query: watching },
      output: importDetail,
      run: (context) => load(context, context.params.id),
      page: async (detail, { actor, locale, query }) =>
        view('imports/show', {
          ...detailModel({ i18n, locale, detail, fitting: await fittingFor(actor, detail) }),
          watched: query.watch,
        }),
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
            fitting: [],
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
      name: 'imports/recheck',
      method: 'post',
      path: '/imports/:id/recheck',
      access: 'imports:run',
      tenant: 'member',
      rate: 'heavy',
      versioned: true,
      summary: 'Looks once more at what applying would come to now.',
      status: 200,
      input: { params: idParams },
      output: importView,
      run: ({ actor, params, version }) => imports.recheck(actor, params.id, version),
      page: ({ id }) => seeOther(`/imports/${id}`, { kind: 'success', key: 'imports.remapped' }),
    }),
  ];
}
