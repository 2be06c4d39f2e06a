import { z } from 'zod';
import { buildOpenApi } from './openapi.ts';
import { file, route } from './route.ts';
import type { Route } from './route.ts';

/** `/api/v1/openapi.json`: made from the same declarations that are served. */
export function openApiRoute(
  routes: () => readonly Route[],
  options: { publicUrl: string; version: string },
): Route {
  let made: Buffer | null = null;
  return route({
    name: 'openapi/show',
    method: 'get',
    path: '/openapi.json',
    doors: ['api'],
    access: 'public',
    tenant: 'none',
    summary: 'This description of the API, OpenAPI 3.1.',
    input: {},
    output: z.object({}),
    async run() {
      made ??= Buffer.from(JSON.stringify(buildOpenApi(routes(), options)));
      return file(made, 'application/json; charset=utf-8', 'openapi.json', true);
    },
  });
}
