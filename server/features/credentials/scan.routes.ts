import { z } from 'zod';
import { id } from '../../http/schema.ts';
import { file, route, seeOther } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { MOST_UPLOAD_BYTES } from '../attachments/index.ts';
import { idParams, scanView } from './credential.schema.ts';
import type { CredentialService } from './credential.service.ts';
import { toScan } from './credential.view.ts';

const scanParams = z.strictObject({ id, scanId: id });

/** Pictures of a certificate: its holder adds and removes them while it is under review, reviewers look at them. */
export function scanRoutes({ credentials }: { credentials: CredentialService }): Route[] {
  return [
    route({
      name: 'credentials/add-scan',
      method: 'post',
      path: '/credentials/:id/scans',
      access: 'credentials:claim-own',
      tenant: 'member',
      rate: 'heavy',
      summary: 'Adds a picture (multipart, field `file`: JPEG, PNG or WebP); only its pixels are kept.',
      uploadBytes: MOST_UPLOAD_BYTES,
      // The picture is scanned and redrawn outside any transaction; the service opens its own to store it.
      transaction: false,
      idempotent: false,
      input: { params: idParams },
      output: scanView,
      async run({ account, params, file: upload }) {
        return toScan(await credentials.addScan(account, params.id, upload));
      },
      page: (_scan, { params }) =>
        seeOther(`/credentials/${params.id}`, { kind: 'success', key: 'credentials.scans.added' }),
      invalid: ({ issues, error }, { params }) =>
        seeOther(`/credentials/${params.id}`, {
          kind: 'error',
          key: `errors.${issues[0]?.code ?? error.code}`,
        }),
    }),
    route({
      name: 'credentials/show-scan',
      method: 'get',
      path: '/credentials/:id/scans/:scanId',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'One picture, for its holder and for whoever may review the certificate.',
      input: { params: scanParams },
      output: z.object({}),
      async run({ actor, params }) {
        const { row, content } = await credentials.readScan(actor, params.id, params.scanId);
        return file(content, row.contentType, `${String(row._id)}.webp`);
      },
      page: () => seeOther('/credentials'),
    }),
    route({
      name: 'credentials/remove-scan',
      method: 'post',
      path: '/credentials/:id/scans/:scanId/removal',
      access: 'credentials:claim-own',
      tenant: 'member',
      summary: 'Removes a picture of one’s own certificate while nobody has decided.',
      status: 204,
      input: { params: scanParams },
      output: z.object({}),
      async run({ account, params }) {
        await credentials.removeScan(account, params.id, params.scanId);
        return {};
      },
      page: (_nothing, { params }) =>
        seeOther(`/credentials/${params.id}`, { kind: 'success', key: 'credentials.scans.removed' }),
      invalid: ({ error }, { params }) =>
        seeOther(`/credentials/${params.id}`, { kind: 'error', key: `errors.${error.code}` }),
    }),
  ];
}
