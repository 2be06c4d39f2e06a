import { z } from 'zod';
import { idParams } from '../../http/schema.ts';
import { file, route, seeOther, sharedFile } from '../../http/route.ts';
import type { Route } from '../../http/route.ts';
import type { BadgeService } from './certificate.credential.service.ts';

const VC_TYPE = 'application/vc';
const empty = z.object({});
const slug = z.string().max(41);
const json = (value: object, name: string) =>
  sharedFile(Buffer.from(JSON.stringify(value), 'utf8'), 'application/json; charset=utf-8', name);

/** Certificates as verifiable credentials, and what a verifier asks for: the issuer's keys and what was revoked. */
export function badgeRoutes({ badges }: { badges: BadgeService }): Route[] {
  return [
    route({
      name: 'certificates/credential',
      method: 'get',
      path: '/certificates/:id/credential',
      access: 'certificates:issue-own',
      tenant: 'member',
      rate: 'heavy',
      summary:
        'The certificate as a W3C Verifiable Credential 2.0 and Open Badge 3.0, signed with eddsa-rdfc-2022.',
      input: { params: idParams },
      output: empty,
      async run({ account, params }) {
        const { number, json: text } = await badges.credential(account, params.id);
        return file(Buffer.from(text, 'utf8'), VC_TYPE, `${number}.vc.json`);
      },
      page: () => seeOther('/certificates'),
    }),
    route({
      name: 'certificates/status-list',
      method: 'get',
      path: '/t/:tenantSlug/status-lists/:list',
      access: 'public',
      tenant: 'slug',
      closedToo: true,
      summary: 'Bitstring Status List of the organisation: which of its certificates do not hold any more.',
      input: {
        params: z.strictObject({ tenantSlug: slug, list: z.coerce.number().int().min(1).max(100_000) }),
      },
      output: empty,
      async run({ params }) {
        const text = await badges.statusList(params.list);
        return sharedFile(Buffer.from(text, 'utf8'), VC_TYPE, `status-list-${params.list}.json`);
      },
      page: () => seeOther('/'),
    }),
    route({
      name: 'certificates/issuer',
      method: 'get',
      path: '/t/:tenantSlug/did.json',
      access: 'public',
      tenant: 'slug',
      closedToo: true,
      summary: 'DID document (did:web) of the organisation that issues certificates.',
      input: { params: z.strictObject({ tenantSlug: slug }) },
      output: empty,
      run: async () => json(await badges.tenantDocument(), 'did.json'),
      page: () => seeOther('/'),
    }),
    route({
      name: 'certificates/installation',
      method: 'get',
      path: '/.well-known/did.json',
      doors: ['page'],
      access: 'public',
      tenant: 'none',
      summary: 'DID document (did:web) of this installation.',
      input: {},
      output: empty,
      run: async () => json(await badges.originDocument(), 'did.json'),
      page: () => seeOther('/'),
    }),
  ];
}
