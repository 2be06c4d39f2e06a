import { z } from 'zod';
import { id, idParams } from '../../http/schema.ts';
import { route, seeOther } from '../../http/route.ts';
import type { Access, Flash, FormFailure, PageResult, Route } from '../../http/route.ts';
import type { KeptFiles } from './attachment.keeping.ts';
import { MOST_UPLOAD_BYTES } from './attachment.service.ts';
import { attachmentView, fileOf, toAttachment } from './attachment.view.ts';

export interface FileRoutesOf {
  /** Of the routes: `feature/verb`. */
  readonly names: { readonly add: string; readonly show: string; readonly remove: string };
  /** Where the things have their pages: `/credits`. */
  readonly path: string;
  /** The folder of a thing's files, and what a path calls one of them. */
  readonly folder: string;
  readonly param: string;
  /** Who looks at them, and who adds and removes them where that is not the same. */
  readonly access: Access | { readonly show: Access; readonly change: Access };
  readonly files: KeptFiles;
  /** For OpenAPI: whose file it is to look at and to remove. */
  readonly summaries: { readonly show: string; readonly remove: string };
  readonly told: { readonly added: Flash['key']; readonly removed: Flash['key'] };
}

/** Adding, looking at and removing pictures and documents of a thing; their forms stand on the thing's own page. */
export function fileRoutes(of: FileRoutesOf): Route[] {
  const { names, path, folder, param, files, summaries, told } = of;
  const access = typeof of.access === 'string' ? { show: of.access, change: of.access } : of.access;
  const paramsOf = z.strictObject({ id, ...({ [param]: id } as object) });
  const fileIn = (params: { readonly id: string }): string =>
    (params as Readonly<Record<string, string>>)[param] ?? '';
  const pageOf = (params: { readonly id: string }): string => `${path}/${params.id}`;
  const back = ({ issues, error }: FormFailure, { params }: { params: { id: string } }): PageResult =>
    seeOther(pageOf(params), { kind: 'error', key: `errors.${issues[0]?.code ?? error.code}` });
  return [
    route({
      name: names.add,
      method: 'post',
      path: `${path}/:id/${folder}`,
      access: access.change,
      tenant: 'member',
      rate: 'heavy',
      summary:
        'Adds a picture or document (multipart, field `file`: JPEG, PNG, WebP or PDF); only its pixels, or its pages, are kept.',
      uploadBytes: MOST_UPLOAD_BYTES,
      // The picture is scanned and redrawn outside any transaction; the service opens its own to store it.
      transaction: false,
      idempotent: false,
      input: { params: idParams },
      output: attachmentView,
      run: async ({ account, params, file: upload }) =>
        toAttachment(await files.add(account, params.id, upload)),
      page: (_file, { params }) => seeOther(pageOf(params), { kind: 'success', key: told.added }),
      invalid: back,
    }),
    route({
      name: names.show,
      method: 'get',
      path: `${path}/:id/${folder}/:${param}`,
      access: access.show,
      tenant: 'member',
      summary: summaries.show,
      input: { params: paramsOf },
      output: z.object({}),
      run: async ({ actor, params }) => fileOf(await files.read(actor, params.id, fileIn(params))),
      page: () => seeOther(path),
    }),
    route({
      name: names.remove,
      method: 'post',
      path: `${path}/:id/${folder}/:${param}/removal`,
      access: access.change,
      tenant: 'member',
      summary: summaries.remove,
      status: 204,
      input: { params: paramsOf },
      output: z.object({}),
      async run({ account, params }) {
        await files.remove(account, params.id, fileIn(params));
        return {};
      },
      page: (_nothing, { params }) => seeOther(pageOf(params), { kind: 'success', key: told.removed }),
      invalid: back,
    }),
  ];
}
