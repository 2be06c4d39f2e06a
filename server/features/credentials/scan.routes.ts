import { z } from 'zod';
import { id } from '../../http/schema.ts';
import { route, seeOther } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import { attachmentView, fileOf, MOST_UPLOAD_BYTES, toAttachment } from '../attachments/index.ts';
import { idParams } from './credential.schema.ts';
import type { CredentialService } from './credential.service.ts';

const scanParams = z.strictObject({ id, scanId: id });

/** Pictures and documents of a certificate: its holder adds and removes them while it is under review, reviewers look at them. */
export function scanRoutes({ credentials }: { credentials: CredentialService }): Route[] {
  return [
    route({
      name: 'credentials/add-scan',
      method: 'post',
      path: '/credentials/:id/scans',
      access: 'credentials:claim-own',
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
      async run({ account, params, file: upload }) {
        return toAttachment(await credentials.addScan(account, params.id, upload));
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
        return fileOf(await credentials.readScan(actor, params.id, params.scanId));
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
