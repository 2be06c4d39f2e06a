import { route, seeOther, view } from '../../http/route.ts';
import type { FormFailure, PageResult, Route, RouteContext } from '../../http/route.ts';
import { empty, idParams } from '../../http/schema.ts';
import { savedList, savedName, savedUse, savedView } from './bench.schema.ts';
import type { SavedView } from './bench.schema.ts';
import { savedModel } from './saved.view.ts';
import type { Parts } from './import.routes.ts';
import { importDetail, importView } from './import.schema.ts';
import { detailModel } from './import.view.ts';

const HERE = '/import-mappings';

/** Mappings kept under a name: save one, read a file by it, rename it, remove it. */
export function savedRoutes({ imports, i18n }: Parts): Route[] {
  const listPage = (
    data: readonly SavedView[],
    { locale }: Pick<RouteContext, 'locale'>,
    failed?: { id: string; failure: FormFailure },
  ): PageResult => view('imports/saved', savedModel({ i18n, locale, data, failed }));
  const listFor = async (actor: RouteContext['actor']): Promise<SavedView[]> =>
    savedList.shape.data.parse(await imports.listSaved(actor));
  const showAgain = async (
    { issues, values, error }: FormFailure,
    { actor, locale, params }: RouteContext<{ id: string }>,
  ): Promise<PageResult> => {
    const detail = importDetail.parse(await imports.show(actor, params.id, locale));
    const fitting = await imports.fittingSaved(detail.columns);
    return view('imports/show', {
      ...detailModel({
        i18n,
        locale,
        detail,
        fitting,
        saving: { issues: issues.length > 0 ? issues : [{ path: '', code: error.code }], values },
      }),
      watched: false,
    });
  };

  return [
    route({
      name: 'import-mappings/list',
      method: 'get',
      path: HERE,
      access: 'imports:run',
      tenant: 'member',
      summary: 'Mappings kept under a name, the latest used first.',
      input: {},
      output: savedList,
      run: async ({ actor }) => ({ data: await listFor(actor), nextCursor: null }),
      page: ({ data }, context) => listPage(data, context),
    }),
    route({
      name: 'import-mappings/save',
      method: 'post',
      path: '/imports/:id/saved-mappings',
      access: 'imports:run',
      tenant: 'member',
      summary: 'Keeps the mapping of an import under a name for the next files.',
      input: { params: idParams, body: savedName },
      output: savedView,
      run: async ({ actor, params, body }) =>
        savedView.parse(await imports.saveMapping(actor, params.id, body.name)),
      page: ({ name }, { params }) =>
        seeOther(`/imports/${params.id}`, { kind: 'success', key: 'imports.saved.kept', params: { name } }),
      invalid: (failure, context) => showAgain(failure, context),
    }),
    route({
      name: 'import-mappings/use',
      method: 'post',
      path: '/imports/:id/saved-mapping',
      access: 'imports:run',
      tenant: 'member',
      rate: 'heavy',
      versioned: true,
      summary: 'Reads a checked file again by a mapping kept under a name.',
      status: 200,
      // Read in a process of its own for seconds at most; the import’s version guards against two people at once.
      transaction: false,
      idempotent: false,
      input: { params: idParams, body: savedUse },
      output: importView,
      run: ({ actor, params, body, version }) => imports.useSaved(actor, params.id, version, body.saved),
      page: ({ id }) => seeOther(`/imports/${id}`, { kind: 'success', key: 'imports.remapped' }),
      invalid: (failure, context) => showAgain(failure, context),
    }),
    route({
      name: 'import-mappings/rename',
      method: 'patch',
      path: `${HERE}/:id`,
      access: 'imports:run',
      tenant: 'member',
      versioned: true,
      summary: 'Renames a saved mapping.',
      input: { params: idParams, body: savedName },
      output: savedView,
      run: async ({ actor, params, body, version }) =>
        savedView.parse(await imports.renameMapping(actor, params.id, body.name, version)),
      page: () => seeOther(HERE, { kind: 'success', key: 'imports.saved.renamed' }),
      invalid: async (failure, context) =>
        listPage(await listFor(context.actor), context, { id: context.params.id, failure }),
    }),
    route({
      name: 'import-mappings/remove',
      method: 'post',
      path: `${HERE}/:id/removal`,
      access: 'imports:run',
      tenant: 'member',
      summary: 'Removes a saved mapping; files that were read by it stay as they were read.',
      status: 200,
      input: { params: idParams },
      output: empty,
      run: async ({ actor, params }) => {
        await imports.removeMapping(actor, params.id);
        return {};
      },
      page: () => seeOther(HERE, { kind: 'success', key: 'imports.saved.removed' }),
    }),
  ];
}
