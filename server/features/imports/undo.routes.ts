import { route, seeOther, view } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { idParams } from '../../http/schema.ts';
import { undoPreview } from './bench.schema.ts';
import type { Parts } from './import.routes.ts';
import { importDetail, importView } from './import.schema.ts';
import { undoModel } from './bench.view.ts';

/** Taking a whole import back: looked at first, then done in the background. */
export const undoRoutes = ({ imports }: Parts): Route[] => [
  route({
    name: 'imports/undo-preview',
    method: 'get',
    path: '/imports/:id/undo',
    access: 'imports:run',
    tenant: 'member',
    rate: 'heavy',
    summary: 'What taking the import back would come to, with what would be left by name.',
    input: { params: idParams },
    output: undoPreview,
    run: async ({ actor, params }) => undoPreview.parse(await imports.previewUndo(actor, params.id)),
    page: async (preview, { actor, params, locale }) => {
      const detail = importDetail.parse(await imports.show(actor, params.id, locale));
      return view('imports/undo', undoModel({ detail, preview }));
    },
  }),
  route({
    name: 'imports/undo',
    method: 'post',
    path: '/imports/:id/undo',
    access: 'imports:run',
    tenant: 'member',
    versioned: true,
    summary:
      'Takes back what the import made and restores what it changed, in the background; what was touched since is left.',
    status: 202,
    input: { params: idParams },
    output: importView,
    run: ({ actor, params, version }) => imports.undo(actor, params.id, version),
    page: ({ id }) => seeOther(`/imports/${id}`),
  }),
];
